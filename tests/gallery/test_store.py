"""The durable store: nothing lost, nothing doubled, nothing kept that was removed."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from jaxtyping import Float

from visavis.errors import VisavisError
from visavis.gallery import Gallery
from visavis.metrics.scores import multi_task_score

D, K = 16, 5
Vectors = Float[np.ndarray, "N D"]


def table(ids: list[str], digest: str = "first") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": ids,
            "path": [f"/pictures/{name}.png" for name in ids],
            "label": [f"label-{name}" for name in ids],
            "domain": ["photo"] * len(ids),
            "digest": [digest] * len(ids),
        }
    )


def vectors(count: int, seed: int) -> tuple[Vectors, Vectors]:
    rng = np.random.default_rng(seed)
    raw = rng.normal(size=(count, D)).astype(np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True), rng.uniform(size=(count, K)).astype(np.float32)


def add(gallery: Gallery, ids: list[str], seed: int = 0, digest: str = "first") -> tuple[Vectors, Vectors]:
    embeddings, probabilities = vectors(len(ids), seed)
    gallery.add(table(ids, digest), embeddings, probabilities, "contract-a")
    return embeddings, probabilities


def settings(attributes: list[str], weight: float) -> dict[str, Any]:
    return {
        "contract": "contract-a",
        "dimension": D,
        "attributes": attributes,
        "attribute_weight": weight,
        "model": "shoe-model",
    }


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery.create(tmp_path / "g.lance", **settings(list("abcde"), 0.7))


def test_search_equals_brute_force_under_the_protocols_score(gallery: Gallery) -> None:
    ids = [f"item-{i:03d}" for i in range(200)]
    embeddings, probabilities = vectors(200, 0)
    for start in (120, 0, 60):  # in another order than the ids, in uneven batches
        stop = 200 if start == 120 else start + 60
        gallery.add(
            table(ids[start:stop]), embeddings[start:stop], probabilities[start:stop], gallery.contract
        )
    query, query_probabilities = vectors(7, 1)
    scores = multi_task_score(query, embeddings, query_probabilities, probabilities, 0.7)
    for hits, row in zip(gallery.search(query, query_probabilities, 10), scores, strict=True):
        expected = sorted(range(200), key=lambda i, row=row: (row[i], ids[i]))[:10]  # type: ignore[misc]
        assert [hit.id for hit in hits] == [ids[i] for i in expected]
        assert [hit.score for hit in hits] == row[expected].tolist()
        assert [hit.rank for hit in hits] == list(range(1, 11))
        assert (hits[0].path, hits[0].label) == (f"/pictures/{hits[0].id}.png", f"label-{hits[0].id}")


def test_without_attributes_the_score_is_the_distance(tmp_path: Path) -> None:
    gallery = Gallery.create(tmp_path / "g.lance", **settings([], 0.0))
    embeddings, _ = vectors(30, 0)
    gallery.add(table([f"{i:02d}" for i in range(30)]), embeddings, None, "contract-a")
    hit = gallery.search(embeddings[4:5] * 0.5, None, 1)[0][0]
    assert hit.id == "04"
    assert hit.score == pytest.approx(0.5)


def test_equal_items_come_in_the_order_of_their_ids(gallery: Gallery) -> None:
    ids = [f"{i:03d}" for i in np.random.default_rng(0).permutation(300)]
    pair = vectors(2, 0)
    embeddings, probabilities = (np.tile(v, (150, 1)) for v in pair)  # two images, 150 copies of each
    gallery.add(table(ids), embeddings, probabilities, "contract-a")
    hits = gallery.search(pair[0][:1], pair[1][:1], 200)[0]
    assert [hit.id for hit in hits] == [*sorted(ids[::2]), *sorted(ids[1::2])[:50]]


def test_many_queries_are_answered_in_blocks_as_one_by_one(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(gallery, [f"{i:02d}" for i in range(50)])
    query, probabilities = vectors(7, 1)
    alone = [gallery.search(query[i : i + 1], probabilities[i : i + 1], 5)[0] for i in range(7)]
    monkeypatch.setattr("visavis.gallery.index.SCORES_AT_ONCE", 150)
    assert gallery.search(query, probabilities, 5) == alone


def test_fewer_items_than_k_and_none_at_all(gallery: Gallery) -> None:
    query = vectors(2, 0)
    assert gallery.search(*query, 3) == [[], []]
    add(gallery, ["a", "b"])
    assert [len(hits) for hits in gallery.search(*query, 3)] == [2, 2]


def test_settings_and_items_survive_reopening(gallery: Gallery) -> None:
    add(gallery, ["b", "a"])
    again = Gallery.open(gallery.path)
    assert again.settings == gallery.settings
    assert again.contract == "contract-a"
    assert len(again) == 2
    assert again.items().equals(table(["a", "b"]))


def test_interrupted_run_resumes_where_it_stopped(gallery: Gallery) -> None:
    wanted = table([f"{i}" for i in range(8)])

    def index_until_interrupted() -> None:
        for batch in wanted[:6].iter_slices(3):
            gallery.add(batch, *vectors(3, 0), "contract-a")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index_until_interrupted()
    resumed = Gallery.open(gallery.path)
    assert resumed.missing(wanted)["id"].to_list() == ["6", "7"]
    resumed.add(resumed.missing(wanted), *vectors(2, 0), "contract-a")
    assert resumed.missing(wanted).is_empty()
    assert len(resumed) == 8


def test_changed_file_is_missing_and_replaces_its_row(gallery: Gallery) -> None:
    add(gallery, ["a", "b"])
    changed = table(["a"], digest="second")
    assert gallery.missing(pl.concat([changed, table(["b"])]))["id"].to_list() == ["a"]
    embedding, probabilities = add(gallery, ["a"], seed=9, digest="second")
    assert gallery.items()["digest"].to_list() == ["second", "first"]
    assert gallery.search(embedding, probabilities, 1)[0][0].id == "a"


def test_a_changed_row_is_missing_until_it_is_added_again(gallery: Gallery) -> None:
    add(gallery, ["a", "b", "c", "d"])
    rows = table(["a", "b", "c", "d"])
    unlabelled = rows.with_columns(label=pl.lit(None, pl.String))
    changes = {"label": "corrected", "path": "/elsewhere/a.png", "domain": "sketch"}
    for column, value in changes.items():
        changed = rows.with_columns(
            pl.when(pl.col("id") == "a").then(pl.lit(value)).otherwise(column).alias(column)
        )
        assert gallery.missing(changed)["id"].to_list() == ["a"], column
    assert gallery.missing(rows).is_empty()
    assert gallery.missing(unlabelled)["id"].to_list() == ["a", "b", "c", "d"]
    gallery.add(unlabelled, *vectors(4, 0), "contract-a")
    assert gallery.missing(unlabelled).is_empty()  # null is equal to null


def test_an_id_is_not_handed_to_another_image_that_stands_beside_it(gallery: Gallery, tmp_path: Path) -> None:
    old, new = tmp_path / "old.png", tmp_path / "new.png"
    old.touch()
    here = table(["a"]).with_columns(path=pl.lit(str(old)))
    other = here.with_columns(path=pl.lit(str(new)), digest=pl.lit("second"))
    gallery.add(here, *vectors(1, 0), "contract-a")
    with pytest.raises(
        VisavisError, match=r"new\.png: .*g\.lance holds another image, .*old\.png, .*id 'a'; give"
    ):
        gallery.missing(other)
    assert (
        len(gallery.missing(other.with_columns(digest=pl.lit("first")))) == 1
    )  # a copy: its place is taken up
    old.unlink()
    assert len(gallery.missing(other)) == 1  # moved, and changed


def test_another_contract_is_refused_by_name(gallery: Gallery) -> None:
    with pytest.raises(
        VisavisError, match=r"contract contract-a \(model shoe-model\), not of contract contract-b"
    ):
        gallery.add(table(["a"]), *vectors(1, 0), "contract-b")
    assert len(gallery) == 0


def test_doubled_ids_and_broken_embeddings_are_refused(gallery: Gallery) -> None:
    with pytest.raises(VisavisError, match="'a' is given twice"):
        add(gallery, ["a", "b", "a"])
    embeddings, probabilities = vectors(2, 0)
    embeddings[1, 3] = np.nan
    with pytest.raises(VisavisError, match="embedding of item 'b' is not finite"):
        gallery.add(table(["a", "b"]), embeddings, probabilities, "contract-a")


def stored_bytes(gallery: Gallery) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(gallery.path.rglob("*")) if file.is_file())


@pytest.mark.parametrize("others", [0, 1, 900])
def test_removed_items_leave_no_byte_behind(gallery: Gallery, others: int) -> None:
    ids = [f"item-{i:03d}" for i in range(others)]
    embeddings, _ = add(gallery, [*ids, "secret"], seed=3)
    secrets = [b"secret", embeddings[-1].tobytes()]
    assert all(secret in stored_bytes(gallery) for secret in secrets)
    assert gallery.remove(["secret", "unheard of"]) == 1
    assert gallery.items()["id"].to_list() == ids
    assert not any(secret in stored_bytes(gallery) for secret in secrets)
    assert gallery.remove(["secret"]) == 0


def test_a_gallery_lives_on_after_removal_and_compaction(gallery: Gallery) -> None:
    watcher = Gallery.open(gallery.path)
    for i in range(5):
        add(gallery, [f"{i}"], seed=i)
    query = vectors(1, 3)
    assert watcher.search(*query, 1)[0][0].id == "3"
    gallery.remove(["3"])
    gallery.compact()
    assert len(list((gallery.path / "items.lance" / "data").iterdir())) == 1
    assert watcher.search(*query, 1)[0][0].id != "3"
    add(gallery, ["3"], seed=3)
    assert watcher.search(*query, 1)[0][0].id == "3"
    assert Gallery.open(gallery.path).settings == gallery.settings


ADDER = textwrap.dedent("""
    import sys
    import numpy as np, polars as pl
    from visavis.gallery import Gallery
    gallery = Gallery.open(sys.argv[1])
    for i in range(int(sys.argv[3])):
        ids = [f"{sys.argv[2]}-{i}-{j}" for j in range(3)]
        rows = {name: ids for name in ("id", "path", "label", "domain", "digest")}
        gallery.add(pl.DataFrame(rows), np.ones((3, 16), "f4"), np.ones((3, 5), "f4"), "contract-a")
        print(i, flush=True)
""")


def start_adder(gallery: Gallery, name: str, batches: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ADDER, str(gallery.path), name, str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_write_side_by_side_while_one_compacts_and_one_is_killed(gallery: Gallery) -> None:
    finishing = start_adder(gallery, "finishing", 6)
    killed = start_adder(gallery, "killed", 10_000)
    assert killed.stdout is not None
    for _ in range(8):
        assert killed.stdout.readline()  # one line for each batch, none where it has failed
        gallery.compact()  # would drop what another is about to commit, were there no lock
    killed.send_signal(signal.SIGKILL)
    for process in (killed, finishing):
        process.communicate()
    assert finishing.returncode == 0
    names = gallery.items()["id"].to_list()
    assert sum(name.startswith("finishing") for name in names) == 6 * 3
    assert sum(name.startswith("killed") for name in names) >= 8 * 3
    assert len(names) % 3 == 0  # whole batches only
    add(gallery, ["after"])
    assert gallery.remove(names) == len(names)
    assert gallery.items()["id"].to_list() == ["after"]


def test_nothing_is_overwritten(gallery: Gallery) -> None:
    with pytest.raises(VisavisError, match=r"g\.lance: exists already"):
        Gallery.create(gallery.path, **settings([], 0.0))


def test_what_is_no_gallery_is_told_and_left_alone(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(VisavisError, match="no gallery is here; make one with `visavis index`"):
            Gallery.open(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("part", ["_versions", "data"])
@pytest.mark.parametrize("content", [None, b"junk" * 40])
def test_damage_is_told_in_one_sentence(gallery: Gallery, part: str, content: bytes | None) -> None:
    add(gallery, ["a"])
    for file in (gallery.path / "items.lance" / part).iterdir():
        file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(VisavisError, match=r"g\.lance: not a gallery, or damaged"):
        Gallery.open(gallery.path).items()


def test_a_lance_table_of_something_else_is_no_gallery(tmp_path: Path) -> None:
    lancedb = pytest.importorskip("lancedb")
    lancedb.connect(tmp_path / "x.lance").create_table("items", data=[{"id": "a"}])
    with pytest.raises(VisavisError, match="not a gallery, or damaged"):
        Gallery.open(tmp_path / "x.lance")


def test_missing_extra_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lancedb", None)
    with pytest.raises(VisavisError, match=r"install visavis\[gallery\]"):
        Gallery.create(tmp_path / "g.lance", **settings([], 0.0))
    assert list(tmp_path.iterdir()) == []
