"""Recipes: overrides, unknown keys, and every shipped recipe valid."""

from pathlib import Path

import pytest

from visavis.errors import VisavisError
from visavis.methods import find_recipe, shipped_recipes
from visavis.methods.sketch_retrieval.recipe import SketchRecipe
from visavis.training.recipe import dump_recipe, read_recipe, validate_recipe

TEXT = "method: sketch_retrieval\ndata: x\nschedule: {steps: 5, batch: 4}\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(TEXT)
    return path


def test_every_shipped_recipe_is_valid() -> None:
    names = shipped_recipes()
    assert {"sketch_retrieval/paper", "sketch_retrieval/small", "pretraining/small"} <= set(names)
    for name in names:
        recipe = find_recipe(name, [])
        assert recipe.name == name.partition("/")[2]


def test_printed_recipe_reads_back_the_same(path: Path, tmp_path: Path) -> None:
    recipe = find_recipe(str(path), ["seed=3", "losses.margin=null"])
    printed = tmp_path / "printed.yaml"
    printed.write_text(dump_recipe(recipe))
    assert find_recipe(str(printed), []) == recipe


def test_dotted_overrides(path: Path) -> None:
    recipe = find_recipe(str(path), ["schedule.steps=100", "model.photo_stem=true", "photo_domains=[edge]"])
    assert isinstance(recipe, SketchRecipe)
    assert (recipe.schedule.steps, recipe.model.photo_stem, recipe.photo_domains) == (100, True, ["edge"])


def test_an_override_changes_nothing_else_that_shares_an_anchor(path: Path) -> None:
    path.write_text("one: &options {steps: 5, deep: &deep {x: 1}}\nother: *options\ndeep: *deep\n")
    settings = read_recipe(path, ["one.steps=7", "one.deep.x=2", "other.new.key=3"])
    assert settings["one"] == {"steps": 7, "deep": {"x": 2}}
    assert settings["other"] == {"steps": 5, "deep": {"x": 1}, "new": {"key": 3}}
    assert settings["deep"] == {"x": 1}


def test_the_nearest_key_may_lie_in_a_group_that_can_be_left_out() -> None:
    with pytest.raises(VisavisError, match=r"'reader\.batchnorm'; the nearest is 'reader\.batch_norm'"):
        find_recipe("face_attributes/tiny", ["reader.batchnorm=true"])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("schedule.stepps=3", "unknown key 'schedule.stepps'; the nearest is 'schedule.steps'"),
        ("modle=3", "unknown key 'modle'; the nearest is 'model'"),
        ("schedule.steps=many", "key 'schedule.steps': input should be a valid integer"),
        ("schedule.steps=0", "key 'schedule.steps': input should be greater than 0"),
        ("data.name=x", "'data' holds a value, not a group"),
        ("steps", "override 'steps' is not KEY=VALUE"),
        ("photo_domains=[photo", r"override 'photo_domains=\[photo': '\[photo' is not valid YAML"),
        ("name=2020-13-45", "'2020-13-45' is not valid YAML"),
        ("seed=-1", "key 'seed': input should be greater than or equal to 0"),
    ],
)
def test_bad_override_is_told(path: Path, override: str, message: str) -> None:
    with pytest.raises(VisavisError, match=message):
        find_recipe(str(path), [override])


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(VisavisError) as caught:
        validate_recipe(
            SketchRecipe, {"method": "sketch_retrieval", "dta": "x", "schedule": {"batch": 1}}, "mine"
        )
    message = str(caught.value)
    assert "key 'data'" in message
    assert "key 'schedule.steps'" in message
    assert "nearest is 'data'" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: [", "not valid YAML"),
        (b"\x89PNG\xff", "not valid YAML"),
        (b"a: \x00", "not valid YAML"),
        (b"- 1\n", "a recipe is a mapping"),
        (b"data: x\n", "key 'method' is missing"),
    ],
)
def test_broken_file_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_bytes(content)
    with pytest.raises(VisavisError, match=message) as caught:
        find_recipe(str(path), [])
    assert "broken.yaml" in str(caught.value)


def test_missing_file_and_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="cannot read the recipe"):
        read_recipe(tmp_path / "none.yaml", [])
    with pytest.raises(VisavisError, match="sketch_retrieval/small"):
        find_recipe("sketch_retrieval/smal", [])
    path = tmp_path / "other.yaml"
    path.write_text("method: sketchretrieval\n")
    with pytest.raises(
        VisavisError, match="method 'sketchretrieval' is unknown; use one of sketch_retrieval"
    ):
        find_recipe(str(path), [])
