"""The networks that are exported give what the verbs give, whatever is particular to a side."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from visavis.bundle import Bundle
from visavis.datasets import open_dataset
from visavis.export.folder import export
from visavis.export.parity import run_torch
from visavis.features.hog_wccn import HogWccn
from visavis.methods.sketch_retrieval.data import hog_cell, load_pages
from visavis.methods.sketch_retrieval.export import EXAMPLES, graphs
from visavis.methods.sketch_retrieval.model import AttributeRanker
from visavis.methods.sketch_retrieval.retriever import SketchRetriever

PAGE = 121  # an odd margin of 9 around the 112 px that are read


def hog_weights() -> dict[str, torch.Tensor]:
    """HOG + WCCN of nine rendered pairs."""
    data = open_dataset("rendered-shoes-9")
    sketches, photos = (
        load_pages(data.select(domain=domain).items, PAGE)[:, 0].numpy() for domain in ("sketch", "photo")
    )
    truth = np.array([int(label) for label in data.select(domain="sketch").items["label"]])
    return HogWccn(hog_cell(PAGE), dimension=5).fit(sketches, photos, truth).weights()


def changed(bundle: Bundle, given: dict[str, Any], hog: bool = False) -> Bundle:
    """The bundle with a network as it starts."""
    torch.manual_seed(0)
    net: dict[str, Any] = {"backbone": "small", "attributes": 3, "embedding": 8, "hidden": 16} | given
    weights = dict(AttributeRanker(**net).state_dict()) | (hog_weights() if hog else {})
    update = {
        "settings": {"net": net, "page": PAGE},
        "labels": ["a", "b", "c"][: net["attributes"]],
        "calibration": {"attribute_weight": 0.5} | ({"hog_weight": 0.3} if hog else {}),
    }
    return replace(bundle, config=bundle.config.model_copy(update=update), weights=weights)


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize(
    ("net", "hog"),
    [({}, True), ({"two_towers": True}, False), ({"photo_stem": True}, False), ({"attributes": 0}, False)],
    ids=["fused", "two towers", "stem", "no attributes"],
)
def test_outputs_are_those_of_the_verbs(tiny_bundle: Bundle, net: dict[str, Any], hog: bool) -> None:
    bundle = changed(tiny_bundle, net, hog)
    retriever, found = SketchRetriever(bundle), graphs(bundle)
    assert [graph.name for graph in found] == ["sketches", "photos"]
    for graph, domain in zip(found, ("sketch", "photo"), strict=True):
        images = graph.examples()
        assert images.shape[1:] == graph.shape[1:]
        outputs = run_torch(graph, images)
        expected = retriever.encode(open_dataset(EXAMPLES).select(domain=domain).items)
        assert [one.shape[1:] for one in outputs] == [output.shape[1:] for output in graph.outputs]
        np.testing.assert_allclose(outputs[0], expected.embeddings, atol=1e-6)
        assert len(outputs) == (2 if bundle.config.labels else 1)
        if bundle.config.labels:
            np.testing.assert_allclose(1 / (1 + np.exp(-outputs[1])), expected.probabilities, atol=1e-6)


def test_a_fused_embedding_is_exported(tiny_bundle: Bundle, tmp_path: Path) -> None:
    bundle = changed(tiny_bundle, {}, hog=True)
    done = export(bundle, graphs(bundle)[1:], tmp_path / "out")
    assert done.differences["photos.onnx"]["embedding"] < 1e-5
