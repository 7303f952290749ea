"""One sweep over every registered method: it learns, keeps, goes on where it stopped, and can be exported."""

from pathlib import Path

import numpy as np
import onnxruntime
import polars as pl
import pytest
import torch

from tests.interrupts import interrupted_at
from visavis import load
from visavis.bundle import read_bundle
from visavis.datasets import open_dataset
from visavis.export.folder import export
from visavis.export.parity import TOLERANCE, run_torch
from visavis.methods import METHODS, find_recipe, get_method
from visavis.training.history import read_history
from visavis.training.run import BUNDLE

STOP_AT = 5
# Metrics that chance takes to one half. Of other methods the first is looked at, which it takes to 1 in n.
OF_ONE_HALF = {"relative_attributes": "mean_accuracy", "face_attributes": "balanced_accuracy"}
VERBS = {"relative_attributes": "scores", "face_attributes": "describe"}  # others embed


@pytest.fixture(scope="module", params=METHODS)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A run of the method's tiny recipe, shared by the tests of the sweep."""
    name = request.param
    run = tmp_path_factory.mktemp(name)
    recipe = find_recipe(f"{name}/tiny", [])
    assert get_method(name).train(recipe, run, True) is not None
    return name, run


def test_loss_falls_and_metric_beats_chance(trained: tuple[str, Path]) -> None:
    name, run = trained
    losses = read_history(run).filter(pl.col("name") == "loss")["value"]
    assert losses[-1] < losses[0]
    evaluation = get_method(name).evaluate(read_bundle(run / BUNDLE), None, None)
    metric = OF_ONE_HALF.get(name, next(iter(evaluation.metrics)))
    assert evaluation.metrics[metric].value > (0.5 if name in OF_ONE_HALF else 2 / evaluation.n)


def test_loaded_twice_gives_equal_outputs(trained: tuple[str, Path]) -> None:
    name, run = trained
    items = open_dataset("rendered-shoes-40").items.head(5)
    verb = VERBS.get(name, "embed")
    asked = items["path"].to_list() if verb == "describe" else items
    one, other = (np.asarray(getattr(load(run), verb)(asked)) for _ in range(2))
    assert np.array_equal(one, other)
    if verb == "embed":
        assert np.allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)


def test_bundle_holds_the_trained_weights(trained: tuple[str, Path]) -> None:
    """What is on disk is what the last checkpoint has, but for the rounding to float16."""
    _, run = trained
    state = torch.load(run / "checkpoint.pt", weights_only=True)["task"]
    bundle = read_bundle(run / BUNDLE)
    for key, value in bundle.weights.items():
        assert torch.allclose(value.float(), state[f"model.{key}"].float(), rtol=1e-3, atol=1e-5), key


def test_resumed_run_ends_in_equal_weights(trained: tuple[str, Path], tmp_path: Path) -> None:
    """Stopped by Ctrl-C and called again: the very bytes of the bundle's weights."""
    name, run = trained
    method = get_method(name)
    recipe = find_recipe(f"{name}/tiny", [])
    with interrupted_at(STOP_AT):
        assert method.train(recipe, tmp_path, True) is None
    bundle = method.train(recipe, tmp_path, True)
    assert bundle is not None
    assert bundle.config.weights_sha256 == read_bundle(run / BUNDLE).config.weights_sha256


def test_exported_networks_give_what_torch_gives(trained: tuple[str, Path], tmp_path: Path) -> None:
    name, run = trained
    bundle = read_bundle(run / BUNDLE)
    graphs = get_method(name).graphs(bundle)
    export(bundle, graphs, tmp_path / "out")
    for graph in graphs:
        session = onnxruntime.InferenceSession(tmp_path / "out" / f"{graph.name}.onnx")
        shape = [side for side in graph.shape[1:] if isinstance(side, int)]
        for images in (torch.rand(1, *shape), torch.rand(3, *shape), graph.examples()):
            found = session.run(None, {graph.input: images.numpy()})
            for output, one, other in zip(graph.outputs, found, run_torch(graph, images), strict=True):
                assert one.shape == (len(images), *output.shape[1:])
                assert np.abs(one - other).max() <= TOLERANCE * max(1, np.abs(other).max()), output.name
