"""The network that is exported embeds as the verb does: pages, and photos in colour."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from visavis.bundle import Bundle, BundleConfig
from visavis.datasets import open_dataset
from visavis.export.parity import run_torch
from visavis.methods.pretraining.embedder import PageEmbedder
from visavis.methods.pretraining.export import EXAMPLES, graphs
from visavis.methods.pretraining.model import PretrainingNet


@pytest.mark.parametrize(
    ("backbone", "settings", "reads"),
    [
        ("small", {"page": 121}, ["sketch, or edge map given as a file", "photo"]),
        ("colour", {"page": 105, "share": 0.8, "down": 0.1}, ["photo"]),
    ],
    ids=["pages", "photos"],
)
def test_the_embedding_is_that_of_the_verb(backbone: str, settings: dict[str, Any], reads: list[str]) -> None:
    torch.manual_seed(0)
    net = {"backbone": backbone, "hidden": 16, "embedding": 8}
    weights = dict(PretrainingNet(backbone, 16, 8).state_dict())
    config = BundleConfig(method="pretraining", settings={"net": net} | settings, recipe={}, training={})
    bundle = Bundle(Path("nowhere"), config, weights)
    (graph,) = graphs(bundle)
    assert [one.image for one in graph.preparations] == reads
    images = graph.examples()
    assert images.shape[1:] == graph.shape[1:]
    (embedding,) = run_torch(graph, images)
    expected = PageEmbedder(bundle).embed(open_dataset(EXAMPLES).items)
    np.testing.assert_allclose(embedding, expected, atol=1e-6)
    assert embedding.shape[1:] == graph.outputs[0].shape[1:]
