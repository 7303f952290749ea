"""`locate`, `describe` and `explain` in-process: what they print, write and refuse."""

from pathlib import Path

import polars as pl
import pytest

from tests.faces import ATTRIBUTES, folder_of_photos, threshold_above_one, untrained_faces
from tests.terminal import visavis
from visavis import chunked, images, load
from visavis.methods.face_attributes.faces import FaceReader


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """An untrained bundle, beside a folder `photos`: five, of which one shows no face, and a broken file."""
    folder = tmp_path_factory.mktemp("model")
    photos = folder_of_photos(folder / "photos", 5)
    threshold = threshold_above_one(folder / "first", photos)
    (folder / "photos" / "broken.jpg").write_text("no image")
    return untrained_faces(folder / "bundle", face=threshold)


@pytest.fixture
def photos(model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of photos; whatever has no other place is written to a new one."""
    monkeypatch.chdir(tmp_path)
    return model.parent / "photos"


def readable(photos: Path) -> list[str]:
    return [str(path) for path in sorted(photos.iterdir()) if path.name != "broken.jpg"]


def test_locate_prints_a_line_for_each_photo(model: Path, photos: Path) -> None:
    done = visavis("locate", photos, "--model", model, "--picture", "faces.png")
    assert done.status == 0
    assert done.out.splitlines() == [*map(str, load(model).locate(readable(photos))), "picture: faces.png"]
    assert done.out.count("no face: the highest response, ") == 1
    assert done.error == (
        f"{photos / 'broken.jpg'}: is no image, or broken; JPEG, PNG, WebP, BMP, TIFF and GIF are read\n"
        "1 of 6 photos cannot be read\n"
    )
    assert Path("faces.png").is_file()


def test_one_photo_is_a_source(model: Path, photos: Path) -> None:
    path = readable(photos)[0]
    done = visavis("locate", path, "--model", model, "--several", "--picture", "one.png")
    assert done == (0, f"{load(model).locate_several([path])[0]}\npicture: one.png\n", "")
    missing = visavis("locate", "nothing.jpg", "--model", model)
    assert missing == (2, "", "error: nothing.jpg: there is no such file\n")


def test_locate_writes_a_table(model: Path, photos: Path) -> None:
    done = visavis("locate", photos, "--model", model, "--table", "faces.parquet")
    assert done.status == 0
    counts = "photos: 6, faces: 4, without a face: 1, cannot be read: 1 (column 'error')"
    assert done.out == f"table: faces.parquet, {counts}\n"
    table = pl.read_parquet("faces.parquet")
    assert table.columns == ["path", "is_face", "response", "box_x", "box_y", "box_w", "box_h", "error"]
    assert table["path"].to_list() == [str(path) for path in sorted(photos.iterdir())]
    assert table["error"].is_not_null().to_list() == [
        Path(path).name == "broken.jpg" for path in table["path"]
    ]
    for row, face in zip(
        table.filter(pl.col("error").is_null()).rows(), load(model).locate(readable(photos)), strict=True
    ):
        assert row[:2] == (str(face.path), face.is_face)
        assert row[2] == pytest.approx(face.score, abs=1e-6)
        assert row[3:7] == (pytest.approx(face.window, abs=1e-3) if face.is_face else (None,) * 4)


def test_several_faces_are_several_rows(model: Path, photos: Path) -> None:
    assert visavis("locate", photos, "--model", model, "--several", "--table", "faces.parquet").status == 0
    table = pl.read_parquet("faces.parquet").filter(pl.col("error").is_null())
    answers = load(model).locate_several(readable(photos))
    assert table["path"].to_list() == [str(face.path) for answer in answers for face in answer.faces]


def test_describe_prints_all_attributes_of_one_photo(model: Path, photos: Path) -> None:
    seen = next(one for one in load(model).describe(readable(photos)) if one.probabilities)
    done = visavis("describe", seen.path, "--model", model, "--picture", "face.png")
    assert done.status == 0
    assert [line.split()[-1] for line in done.out.splitlines()[1:4]] == ATTRIBUTES
    assert done.out.splitlines()[0] == str(seen.face)
    assert done.out.splitlines()[4:] == ["picture: face.png"]
    assert images.size_of("face.png")[1] > 1000


def test_describe_prints_a_line_for_each_of_many(model: Path, photos: Path) -> None:
    done = visavis("describe", photos, "--model", model)
    assert done.status == 0
    assert done.out.splitlines() == [one.line() for one in load(model).describe(readable(photos))]
    refused = visavis("describe", photos, "--model", model, "--picture", "face.png")
    assert refused == (2, "", "error: --picture: shows one photo, not 6; name one, or leave it out\n")


def test_the_table_of_describe_is_a_table_of_items(model: Path, photos: Path) -> None:
    assert visavis("describe", photos, "--model", model, "--table", "told.parquet").status == 0
    table = pl.read_parquet("told.parquet")
    assert [name for name in table.columns if name.startswith("attr.")] == [
        f"attr.{name}" for name in ATTRIBUTES
    ]
    known = table.filter(pl.col("is_face"))
    assert known["attr.old"].is_between(0, 1).all()
    assert table.filter(pl.col("is_face").fill_null(False).not_())["attr.old"].is_null().all()
    known.write_parquet("items.parquet")
    again = visavis("locate", "items.parquet", "--model", model)
    assert len(again.out.splitlines()) == len(known) == 4


@pytest.mark.parametrize("verb", ["locate", "describe"])
def test_an_interrupted_table_goes_on(
    verb: str, model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunked, "CHUNK", 2)
    command = [verb, photos, "--model", model, "--table", "faces.parquet"]
    asked: list[str] = []
    ask = getattr(FaceReader, verb)

    def listening(reader: FaceReader, paths: list[str]) -> object:
        asked.extend(paths)
        return ask(reader, paths)

    def interrupted(reader: FaceReader, paths: list[str]) -> object:
        if len(asked) > 2:
            raise KeyboardInterrupt
        return listening(reader, paths)

    with monkeypatch.context() as patched:
        patched.setattr(FaceReader, verb, interrupted)
        done = visavis(*command)
    assert done.status == 130
    assert done.error.endswith("interrupted; the same command goes on with faces.parquet\n")
    assert not Path("faces.parquet").exists()
    before = {*asked}
    asked.clear()
    with monkeypatch.context() as patched:
        patched.setattr(FaceReader, verb, listening)
        assert visavis(*command).status == 0
    assert asked
    assert not before & {*asked}
    whole = pl.read_parquet("faces.parquet")
    assert visavis(*command[:-1], "again.parquet").status == 0
    for column in whole.columns:
        assert whole[column].to_list() == pytest.approx(
            pl.read_parquet("again.parquet")[column].to_list(), abs=1e-4
        )


def test_another_model_begins_anew(model: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(FaceReader, "locate", interrupt)
        assert visavis("locate", photos, "--model", model, "--table", "faces.parquet").status == 130
    other = visavis("locate", photos, "--model", model, "--several", "--table", "faces.parquet")
    assert other.status == 0
    assert "faces.parquet: was begun with another model or other options; begun anew\n" in other.error


def test_explain_says_where_and_why(model: Path, photos: Path) -> None:
    path = next(face.path for face in load(model).locate(readable(photos)) if face.is_face)
    done = visavis("explain", path, "--model", model, "--attribute", "old", "--picture", "why.png")
    assert done == (0, f"{load(model).explain(str(path), 'old')}\npicture: why.png\n", "")
    with_examples = visavis("explain", path, "--model", model, "--attribute", "old", "--examples", photos)
    assert with_examples.status == 0
    assert with_examples.out.splitlines()[:-1] == done.out.splitlines()[:-1]
    assert images.size_of("explain.png")[0] > images.size_of("why.png")[0] + 300


def test_what_is_refused(model: Path, photos: Path) -> None:
    path = readable(photos)[0]
    refusals: dict[str, list[object]] = {
        "--domain: a bundle of method 'face_attributes' has no use for it; leave it out": (
            ["describe", path, "--model", model, "--domain", "photo"]
        ),
        "t.csv: the table is written as Parquet; name it .parquet": (
            ["locate", path, "--model", "nowhere", "--table", "t.csv"]
        ),
        f"{photos / 'broken.jpg'}: is no image, or broken; JPEG, PNG, WebP, BMP, TIFF and GIF are read": (
            ["describe", photos / "broken.jpg", "--model", model]
        ),
        f"{model}: knows no attribute 'smile'; the nearest is 'smiling'": (
            ["explain", path, "--model", model, "--attribute", "smile"]
        ),
    }
    for sentence, command in refusals.items():
        assert visavis(*command) == (2, "", f"error: {sentence}\n")


def test_where_no_photo_can_be_read_that_is_an_error(model: Path, photos: Path) -> None:
    Path("bad").mkdir()
    for name in "ab":
        Path("bad", f"{name}.png").write_text("no image")
    more: list[str]
    for more in ([], ["--table", "bad.parquet"]):
        done = visavis("locate", "bad", "--model", model, *more)
        assert done.status == 2
        assert "error: none of 2 photos can be read; " in done.error.splitlines()[-1]
    assert pl.read_parquet("bad.parquet")["error"].is_not_null().all()  # it says of each why


def test_a_source_without_photos(model: Path, photos: Path) -> None:
    (photos.parent / "sketches.csv").write_text(f"path,domain\n{readable(photos)[0]},sketch\n")
    done = visavis("locate", photos.parent / "sketches.csv", "--model", model)
    assert done.status == 2
    assert "there is no photo in it; name a source with items of domain 'photo'" in done.error
