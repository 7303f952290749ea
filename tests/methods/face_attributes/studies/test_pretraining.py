"""LNet and ANet from three starts: which pre-training an arm starts from, and the table of both."""

from pathlib import Path

import pytest
import torch

from visavis.bundle import Bundle, read_bundle
from visavis.errors import VisavisError
from visavis.methods import find_recipe, get_method, get_study, shipped_recipes
from visavis.methods.face_attributes.evaluation import evaluate
from visavis.methods.face_attributes.protocol import ANY, LOCALISATION
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies import arms, starts
from visavis.methods.face_attributes.studies.pretraining import PARTS
from visavis.methods.face_attributes.studies.starts import IDENTITIES, NOTHING, OBJECTS, RECIPES, starts_of

from .conftest import WITHOUT, Recipes

STUDY = get_study("face_attributes", "pretraining")
PRETRAINING = """
method: pretraining
data: {data}
hidden: 32
embedding: 8
page: 96
stages:
  - name: classes
    objective: classes
    closeness: {closeness}
    sources: [{{data: {data}, anchors: [photo], positives: [photo]}}]
    schedule: {{steps: 1, batch: 4}}
"""


@pytest.fixture
def pretrainings(faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Small recipes in place of those that are shipped, by name."""
    paths = {}
    for name, data, closeness in (("objects", WITHOUT, 0), ("people", faces, 0.1), ("uncropped", faces, 0.1)):
        paths[name] = tmp_path / f"{name}.yaml"
        paths[name].write_text(PRETRAINING.format(data=data, closeness=closeness))
    replaced = {
        "outer": {OBJECTS: str(paths["objects"]), IDENTITIES: str(paths["uncropped"])},
        "reader": {OBJECTS: str(paths["objects"]), IDENTITIES: str(paths["people"])},
    }
    monkeypatch.setattr(starts, "RECIPES", replaced)
    return paths


def pretrain(recipe: Path, run: Path, *overrides: str) -> Bundle:
    bundle = get_method("pretraining").train(find_recipe(str(recipe), list(overrides)), run, True)
    assert bundle is not None
    return bundle


def test_the_shipped_recipes_are_there_and_lnet_sees_no_aligned_face() -> None:
    sources = {source for kinds in RECIPES.values() for source in kinds.values()}
    assert sources <= {*shipped_recipes()}
    for kind, source in RECIPES["outer"].items():
        recipe = find_recipe(source, ["backbone=lnet"])
        assert recipe.data == {OBJECTS: "faceless", IDENTITIES: "celeba-wild"}[kind]


def test_both_parts_from_three_starts(
    recipes: Recipes, faces: Path, pretrainings: dict[str, Path], tmp_path: Path
) -> None:
    """One pre-training is given, one stands in the folder, the others are trained."""
    given = pretrain(pretrainings["people"], tmp_path / "given", "backbone=anet")
    run = tmp_path / "run"
    standing = pretrain(pretrainings["objects"], run / "objects-lnet", "backbone=lnet", "seed=7")
    recipe = recipes(f"reader.backbone=bundle:{tmp_path / 'given'}")
    record = STUDY(recipe, [0], run, "typed", True)
    assert record is not None
    assert record.recipe == "mini, LNet from objects and ANet from identities"
    assert (record.protocol, record.data) == (f"{LOCALISATION}, {ANY}", "faces")
    assert {folder.name for folder in run.iterdir()} == {
        *("objects-lnet", "uncropped-lnet", "objects-anet"),
        *(f"{part}-from-{start}" for part in PARTS for start in (NOTHING, OBJECTS, IDENTITIES)),
    }
    bundles = {
        (part, start): read_bundle(run / f"{part}-from-{start}" / "seed-0" / "bundle")
        for part in PARTS
        for start in (NOTHING, OBJECTS, IDENTITIES)
    }
    assert bundles["outer", NOTHING].config.recipe["outer"]["backbone"] == "lnet"
    assert bundles["outer", OBJECTS].config.recipe["outer"]["backbone"] == f"bundle:{standing.path}"
    assert bundles["reader", IDENTITIES].config.recipe["reader"]["backbone"] == f"bundle:{given.path}"
    assert {
        bundle.config.settings["net"]["reader"]["backbone"]
        for (part, _), bundle in bundles.items()
        if part == "reader"
    } == {"anet"}
    assert [
        source["aligned"] for source in bundles["reader", NOTHING].config.recipe["reader"]["sources"]
    ] == [True]
    for bundle in bundles.values():
        assert bundle.config.recipe["inner"] is None

    found = evaluate(bundles["outer", OBJECTS], str(faces), LOCALISATION).metrics["recall@0.3"].value
    read = evaluate(bundles["reader", IDENTITIES], str(faces), ANY).metrics["macro_f1"].value
    assert record.metrics["recall@0.3"].mean == pytest.approx(found)
    assert record.metrics["macro_f1"].mean == pytest.approx(read)
    same = record.peers["both from objects"]
    assert same["recall@0.3"].mean == pytest.approx(found)
    assert same["gain_recall@0.3"].mean == 0
    assert same["gain_macro_f1"].mean == pytest.approx(read - same["macro_f1"].mean)
    assert [*record.peers] == [f"both from {start}" for start in (NOTHING, OBJECTS, IDENTITIES)]
    located, told, before = record.answers
    assert located.startswith("LNet_o, recall@0.5: ")
    assert told.startswith("ANet, balanced_accuracy_at_thresholds: ")
    assert "LNet_o from objects 1 steps" in before


def test_a_start_gives_its_weights(recipes: Recipes, pretrainings: dict[str, Path], tmp_path: Path) -> None:
    found = starts_of(recipes(), "reader", tmp_path / "run", True)
    assert found is not None
    start = found[IDENTITIES]
    assert start is not None
    recipe = recipes("outer=null", "reader.schedule.learning_rate=1e-12", "reader.schedule.weight_decay=0")
    assert recipe.reader is not None
    reader = recipe.reader.model_copy(
        update={"backbone": f"bundle:{start.path}", "sources": recipe.reader.sources[1:]}
    )
    recipe = recipe.model_copy(update={"reader": reader})
    bundle = get_method("face_attributes").train(recipe, tmp_path / "trained", True)
    assert bundle is not None
    for name in ("backbone.globally_shared.0.weight", "shared.weight"):
        torch.testing.assert_close(bundle.weights[f"reader.trunk.{name}"], start.weights[f"trunk.{name}"])


def test_a_pretraining_of_another_kind_is_told(
    recipes: Recipes, pretrainings: dict[str, Path], tmp_path: Path
) -> None:
    pretrain(pretrainings["people"], tmp_path / "given", "backbone=lnet")
    recipe = recipes(f"outer.backbone=bundle:{tmp_path / 'given'}")
    message = r"outer\.backbone: .* is of recipe 'people'; give one of objects, uncropped"
    with pytest.raises(VisavisError, match=message):
        STUDY(recipe, [0], tmp_path / "run", "typed", True)


def test_an_interruption_ends_the_study(
    recipes: Recipes, pretrainings: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(recipe: FacesRecipe, run: Path, quiet: bool) -> Bundle | None:
        return None

    monkeypatch.setattr(arms, "train", stop)
    assert STUDY(recipes(), [0], tmp_path / "run", "typed", True) is None
    assert (tmp_path / "run" / "objects-lnet" / "bundle").is_dir()
    assert not (tmp_path / "run" / "objects-anet").exists()
