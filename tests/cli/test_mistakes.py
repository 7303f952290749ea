"""What a user gets wrong ends in one sentence and status 2, before the work, and nothing is lost."""

from pathlib import Path

import pytest

from tests.terminal import visavis
from visavis.bundle import Bundle, BundleConfig, write_bundle
from visavis.cli.train import parse_seeds
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.gallery import Gallery
from visavis.methods import find_recipe, get_method


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A ranker of sketches, hardly trained."""
    recipe = find_recipe("sketch_retrieval/tiny", ["schedule.steps=1"])
    bundle = get_method("sketch_retrieval").train(recipe, tmp_path_factory.mktemp("run"), True)
    assert bundle is not None
    return bundle


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a folder `taken`, a file `file`, and a bundle `other` of pretraining."""
    monkeypatch.chdir(tmp_path)
    Path("taken").mkdir()
    Path("taken", "kept.txt").touch()
    Path("file").touch()
    config = BundleConfig(method="pretraining", settings={}, recipe={}, training={})
    write_bundle(Path("other"), {}, config, "")
    return tmp_path


def assert_refused(sentence: str, *arguments: object) -> None:
    status, out, error = visavis(*arguments)
    assert (status, out, error) == (2, "", f"error: {sentence}\n")


# None of these models and data exist: a target that is checked late gives another sentence.
WRITING: list[list[object]] = [
    ["evaluate", "nowhere", "--write"],
    ["study", "nothing", "nowhere", "--write"],
    ["search", "query.png", "--gallery", "nowhere", "--strip"],
    ["rank", "nowhere", "--attribute", "x", "--model", "nowhere", "--table"],
    ["rank", "nowhere", "--attribute", "x", "--model", "nowhere", "--strip"],
    ["compare", "a.jpg", "b.jpg", "--attribute", "x", "--model", "nowhere", "--picture"],
    ["pairs", "nowhere", "--flagged"],
    ["locate", "nowhere", "--model", "nowhere", "--table"],
    ["locate", "nowhere", "--model", "nowhere", "--picture"],
    ["describe", "nowhere", "--model", "nowhere", "--table"],
    ["describe", "nowhere", "--model", "nowhere", "--picture"],
    ["explain", "nowhere", "--attribute", "x", "--model", "nowhere", "--picture"],
    ["boxes", "nowhere", "--attribute", "x", "--strip"],
    ["boxes", "nowhere", "--attribute", "x", "--film"],
]


@pytest.mark.parametrize("command", WRITING, ids=lambda words: f"{words[0]}{words[-1]}")
def test_targets_are_checked_before_the_work(place: Path, command: list[object]) -> None:
    assert_refused("taken: is a folder; name a file in it", *command, "taken")
    assert Path("taken", "kept.txt").exists()
    assert_refused("file/x: cannot be written (Not a directory); name another place", *command, "file/x")


def test_a_run_that_cannot_be_written_is_told(place: Path) -> None:
    status, _, error = visavis("train", "sketch_retrieval/tiny", "--out", "file/run")
    assert status == 2
    assert error.startswith("error: file/run/recipe.yaml: cannot be written (")


@pytest.mark.parametrize(
    "command",
    [
        ["index", "rendered-shoes-12", "--gallery", "g", "--model", "other"],
        ["locate", "photo.jpg", "--model", "other"],
        ["explain", "photo.jpg", "--attribute", "x", "--model", "other"],
        ["rank", "rendered-shoes-12", "--attribute", "x", "--model", "other"],
        ["compare", "a.jpg", "b.jpg", "--attribute", "x", "--model", "other"],
        ["calibrate", "other"],
    ],
    ids=lambda words: words[0],
)
def test_a_bundle_of_another_method_is_refused(place: Path, command: list[str]) -> None:
    needed = {"index": "sketch_retrieval", "locate": "face_attributes", "explain": "face_attributes"}
    method = needed.get(command[0], "relative_attributes")
    assert_refused(f"other: a bundle of method 'pretraining', but '{method}' is needed here", *command)
    assert not Path("g").exists()


def test_describe_needs_a_method_that_reads_attributes(place: Path, tiny: Bundle) -> None:
    sentence = (
        "other: a bundle of method 'pretraining', but 'sketch_retrieval' or 'face_attributes' is needed here"
    )
    assert_refused(sentence, "describe", "query.png", "--model", "other")
    for option in (["--table", "t.parquet"], ["--picture", "p.png"]):
        sentence = f"{option[0]}: a bundle of method 'sketch_retrieval' has no use for it; leave it out"
        assert_refused(sentence, "describe", "query.png", "--model", tiny.path, *option)


def test_unknown_domains_are_refused(place: Path) -> None:
    sentence = "domain 'edge' is unknown; an image is a photo or a sketch"
    assert_refused(sentence, "describe", "query.png", "--model", "nowhere", "--domain", "edge")
    assert_refused(sentence, "search", "query.png", "--gallery", "nowhere", "--domain", "edge")
    status, _, error = visavis(
        "index", "rendered-shoes-12", "--gallery", "g", "--model", "nowhere", "--domain", "edge"
    )
    assert status == 2
    assert error == "error: rendered-shoes-12: no item has the domain 'edge'; present are photo, sketch\n"


def test_a_gallery_is_searched_from_another_folder(
    place: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.path.parent)
    gallery = place / "g.lance"
    outcome = visavis("index", "rendered-shoes-12", "--gallery", gallery, "--model", "bundle")
    assert outcome.status == 0, outcome.error
    monkeypatch.chdir(place)
    query = open_dataset("rendered-shoes-12").select(domain="sketch").items["path"][0]
    outcome = visavis("search", query, "--gallery", gallery, "-k", 2, "--strip", "found.png")
    assert outcome.status == 0, outcome.error
    assert Path("found.png").is_file()
    assert Gallery.open(gallery).settings.model == str(tiny.path)


def test_an_interrupted_index_says_how_it_goes_on(
    place: Path, tiny: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    command = ["index", "rendered-shoes-12", "--gallery", "g.lance", "--model", tiny.path]
    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "add", interrupt)
        status, _, error = visavis(*command)
    assert (status, error) == (130, "interrupted; the same command goes on with g.lance\n")
    assert visavis(*command).out.endswith("g.lance: 12 added, 12 in all\n")


@pytest.mark.parametrize("text", ["0,0", "-1", "0,-1", "one", "", "0,", "1.5"])
def test_seeds_are_different_whole_numbers(text: str) -> None:
    with pytest.raises(VisavisError, match=f"seeds '{text}': .*; give|seeds '{text}': give whole numbers"):
        parse_seeds(text)


def test_seeds() -> None:
    assert parse_seeds("2, 0,1") == [2, 0, 1]
    assert parse_seeds(None) == []
