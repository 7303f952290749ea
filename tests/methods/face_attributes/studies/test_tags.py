"""LNet with more and more attributes: which arms there are, what they learn, what the record says."""

from pathlib import Path

import pytest

from visavis import images
from visavis.bundle import Bundle, read_bundle
from visavis.errors import VisavisError
from visavis.methods import get_study
from visavis.methods.face_attributes.evaluation import CONSTANT, evaluate
from visavis.methods.face_attributes.protocol import LOCALISATION
from visavis.methods.face_attributes.recipe import FacesRecipe
from visavis.methods.face_attributes.studies import arms, tags
from visavis.methods.face_attributes.studies.tags import PICTURE, counts, in_order

from .conftest import ATTRIBUTES, Recipes

STUDY = get_study("face_attributes", "tags")


def test_the_arms_are_those_of_the_paper() -> None:
    assert counts(40) == [1, 5, 10, 20, 30, 40]
    assert counts(12) == [1, 5, 10, 12]
    assert counts(1) == [1]
    names = [f"tag {number}" for number in range(40)]
    assert sorted(in_order(names)) == sorted(names)
    assert in_order(names) != names
    assert in_order(names) == in_order(names)


def test_each_arm_learns_some_of_the_tags_and_all_arms_are_measured(
    recipes: Recipes, faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "COUNTS", (1, 3, 7))
    run = tmp_path / "run"
    record = STUDY(recipes(), [0, 2], run, "typed", True)
    assert record is not None
    assert (record.recipe, record.protocol, record.seeds) == ("mini, 4 attributes", LOCALISATION, [0, 2])
    assert {*record.peers} == {"1 attribute", "3 attributes", CONSTANT}
    learned = in_order(ATTRIBUTES)
    for count, folder, figures in (
        (1, "1-attribute", record.peers["1 attribute"]),
        (4, "4-attributes", record.metrics),
    ):
        bundles = [read_bundle(run / folder / f"seed-{seed}" / "bundle") for seed in (0, 2)]
        assert [bundle.config.labels for bundle in bundles] == [learned[:count]] * 2
        assert [*bundles[0].config.settings["net"]] == ["outer"]
        for name in ("recall@0.3", "recall@0.1fppi"):
            measured = [evaluate(one, str(faces), LOCALISATION).metrics[name].value for one in bundles]
            assert figures[name].per_seed == pytest.approx(measured)
    assert images.load(run / PICTURE).ndim == 3
    at_half, _, order = record.answers
    assert at_half.startswith("recall@0.5 with 1, 3, 4 attributes: ")
    assert order == f"they come in as {', '.join(learned)}"

    def not_again(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("visavis.methods.face_attributes.training.fit", not_again)
    again = STUDY(recipes(), [0, 2], run, "typed", True)
    assert again is not None
    assert again.metrics == record.metrics


def test_what_else_teaches_is_said(recipes: Recipes) -> None:
    recipe = recipes("outer.presence=0.2", "outer.without=0.25")
    assert recipe.outer is not None
    said = tags.answers({}, ATTRIBUTES, recipe.outer)[-1]
    assert said == "beside the tags, each arm learned with weight 0.2 whether there is a face at all"
    alone = recipe.outer.model_copy(update={"presence": 0.0})
    assert tags.answers({}, ATTRIBUTES, alone)[-1].startswith("they come in as ")


def test_without_pictures_without_faces_recall_alone_is_told(
    recipes: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "COUNTS", (1,))
    record = STUDY(recipes("outer.faceless=null"), [0], tmp_path / "run", "typed", True)
    assert record is not None
    assert set(record.metrics) == {"recall@0.3", "recall@0.5", "recall@0.7"}
    assert [one.partition(" ")[0] for one in record.answers] == ["recall@0.5", "they"]


def test_an_interrupted_arm_ends_the_study(
    recipes: Recipes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def stop(recipe: FacesRecipe, run: Path, quiet: bool) -> Bundle | None:
        asked.append(run)
        return None

    monkeypatch.setattr(arms, "train", stop)
    assert STUDY(recipes(), [0, 1], tmp_path / "run", "typed", True) is None
    assert asked == [tmp_path / "run" / "1-attribute" / "seed-0"]


def test_a_localiser_is_needed(recipes: Recipes, tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"recipe 'mini' has no outer \(LNet_o\), which this study trains"):
        STUDY(recipes("outer=null"), [0], tmp_path, "typed", True)
