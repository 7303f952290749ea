"""Rendered faces with tags, people and boxes as a user's table, and recipes that take seconds."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from visavis.datasets import open_dataset
from visavis.methods import find_recipe
from visavis.methods.face_attributes.recipe import FacesRecipe

ATTRIBUTES = ["hair_length", "hair_darkness", "glasses", "beard"]
SPLITS = ["train", "train", "train", "validation", "test"]
WITHOUT = "rendered-shoes-10"

RECIPE = """
method: face_attributes
data: {faces}
outer:
  faceless: {without}
  presence: 0
  without: 0
  page: 96
  step: 1.0
  levels: 2
  window: {{width: 40, height: 50}}
  schedule: &schedule {{steps: 2, batch: 8, learning_rate: 0.001, checkpoint_every: 1}}
reader:
  hidden: 32
  page: 90
  sources: [{{data: {faces}, aligned: false}}, {{data: {faces}}}]
  schedule: *schedule
"""

Recipes = Callable[..., FacesRecipe]


@pytest.fixture(scope="session")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 faces; a box reaches from the eyes to the chin."""
    data = open_dataset("rendered-faces-80")
    assert data.parts is not None
    boxes = (
        data.parts.filter(pl.col("part").is_in(["eyes", "beard"]))
        .group_by("id")
        .agg(
            box_x=pl.col("x").min(),
            box_y=pl.col("y").min(),
            box_w=(pl.col("x") + pl.col("w")).max() - pl.col("x").min(),
            box_h=(pl.col("y") + pl.col("h")).max() - pl.col("y").min(),
        )
    )
    table = data.items.join(boxes, on="id", how="left", maintain_order="left").select(
        "id", "path", "label", "^box_.$", *(f"attr.{name}" for name in ATTRIBUTES)
    )
    splits = pl.Series("split", [SPLITS[row % 5] for row in range(len(table))])
    path: Path = tmp_path_factory.mktemp("faces") / "faces.csv"
    table.with_columns(splits).write_csv(path)
    return path


@pytest.fixture
def recipes(faces: Path, tmp_path: Path) -> Recipes:
    """Makes the recipe `mini` of both parts with other settings; shoes are the pictures without faces."""
    path = tmp_path / "mini.yaml"
    path.write_text(RECIPE.format(faces=faces, without=WITHOUT))

    def make(*overrides: str) -> FacesRecipe:
        recipe = find_recipe(str(path), list(overrides))
        assert isinstance(recipe, FacesRecipe)
        return recipe

    return make
