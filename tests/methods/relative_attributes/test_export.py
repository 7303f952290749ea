"""The network that is exported says what the verbs say; in ONNX, for every kind of region."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.export.folder import export
from visavis.export.parity import run_torch
from visavis.images import size_of
from visavis.methods.relative_attributes.export import EXAMPLES, graphs
from visavis.methods.relative_attributes.model import RegionRanker
from visavis.methods.relative_attributes.ranker import AttributeRanker

PAGE = 105  # an odd margin of 9 around the 96 px that are read
NETS: dict[str, dict[str, Any]] = {
    "localised": {"regions": 2, "shape": "oblong", "scale_form": "log", "crop_side": 48},
    "fixed": {"region": "fixed", "zoom": 2, "keep_inside": False},
    "whole": {"region": "whole"},
}


def changed(bundle: Bundle, given_net: dict[str, Any], **more: Any) -> Bundle:
    """The bundle with a network as it starts, whose boxes lie beside the middle."""
    torch.manual_seed(0)
    net: dict[str, Any] = {"backbone": "colour", "attributes": 2, "initial_scale": 0.6} | given_net
    model = RegionRanker(**net)
    model.start_at(torch.tensor([0.6, 0.5, 0.7, -1.2]).repeat(model.attributes, model.regions, 1))
    settings = {"net": net, "page": model.zoom * PAGE, "share": 0.9, "down": 0.05} | more
    labels = ["wide", "tall"][: model.attributes]
    config = bundle.config.model_copy(update={"settings": settings, "labels": labels})
    return replace(bundle, config=config, weights=dict(model.state_dict()))


@pytest.mark.parametrize("views", [2, 10])
@pytest.mark.parametrize("kind", NETS)
def test_scores_and_boxes_are_those_of_the_verbs(tiny_bundle: Bundle, kind: str, views: int) -> None:
    bundle = changed(tiny_bundle, NETS[kind], views=views)
    (graph,) = graphs(bundle)
    images = graph.examples()
    assert images.shape[1:] == graph.shape[1:]
    scores, boxes = run_torch(graph, images)
    assert [scores.shape, boxes.shape] == [(3, *output.shape[1:]) for output in graph.outputs]
    paths = open_dataset(EXAMPLES).items["path"].to_list()
    ranker = AttributeRanker(bundle)
    assert torch.from_numpy(scores).equal(ranker.judge(paths).scores)
    photos = {str(one.path): one for one in ranker.rank(paths, ranker.attributes[1])}
    for path, found in zip(paths, boxes[:, 1], strict=True):
        side = size_of(path)[0]  # of a square
        scale = 0.9 * side / ranker.page
        left = (side - 1) / 2 - scale * (ranker.page - 1) / 2
        top = left + 0.05 * 0.9 * side
        for (x, y, w, h), box in zip(found.tolist(), photos[path].boxes, strict=True):
            expected = (left + scale * x, top + scale * y, scale * w, scale * h)
            assert box == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", NETS)
def test_every_kind_of_region_is_exported(tiny_bundle: Bundle, tmp_path: Path, kind: str) -> None:
    bundle = changed(tiny_bundle, NETS[kind] | {"attributes": 1, "combined": False})
    done = export(bundle, graphs(bundle), tmp_path / "out")
    assert max(done.differences["model.onnx"].values()) < 1e-5


def test_a_calibrated_ranker_says_how_sure_it_is(tiny_bundle: Bundle) -> None:
    (graph,) = graphs(tiny_bundle)
    assert "confidence" not in graph.outputs[0].meaning
    calibration = {f"temperature.{label}": 2.0 for label in tiny_bundle.config.labels}
    config = tiny_bundle.config.model_copy(update={"calibration": calibration})
    (graph,) = graphs(replace(tiny_bundle, config=config))
    assert (
        "1 / (1 + exp(-difference / T)), T being calibration['temperature.LABEL']" in graph.outputs[0].meaning
    )
