"""A gallery on disk: a LanceDB folder that holds items, embeddings and attribute probabilities.

The table is the only truth; its schema carries the settings, so no second file can disagree with it.
Every batch added is one atomic version: an interrupted run leaves what was added whole, and the next run
asks `missing` what is left. Writers take turns behind a lock; readers never wait.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from filelock import FileLock
from jaxtyping import Float

from visavis.errors import VisavisError
from visavis.files import atomic_path
from visavis.gallery.index import ExactIndex, Hit
from visavis.gallery.rows import (
    TEXT_COLUMNS,
    GallerySettings,
    schema_of,
    settings_of,
    to_frame,
    to_matrix,
    to_rows,
)

TABLE = "items"


class Gallery:
    """A durable set of embedded images that answers exact nearest-neighbour queries.

    Build one with `create` or `open`. `model` is the name or path of the bundle that embeds for it.
    """

    def __init__(self, path: Path, database: Any, settings: GallerySettings) -> None:
        self.path = path
        self.settings = settings
        self._database = database
        self._table = database.open_table(TABLE)
        self._turn = FileLock(path / "write.lock")
        self._index: tuple[int, ExactIndex] | None = None

    @classmethod
    def create(
        cls,
        path: str | Path,
        *,
        contract: str,
        dimension: int,
        attributes: list[str],
        attribute_weight: float,
        model: str,
    ) -> "Gallery":
        """Make an empty gallery at `path`; raises VisavisError where something stands there already."""
        path = Path(path)
        if path.exists():
            raise VisavisError(f"{path}: exists already; open that gallery, or name another path")
        settings = GallerySettings(
            contract=contract,
            dimension=dimension,
            attributes=attributes,
            attribute_weight=attribute_weight,
            model=model,
        )
        with atomic_path(path) as staged:
            _connect(staged).create_table(TABLE, schema=schema_of(settings))
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> "Gallery":
        """Open a gallery; raises VisavisError where `path` is none or is damaged."""
        path = Path(path)
        if not (path / f"{TABLE}.lance").is_dir():
            raise VisavisError(f"{path}: no gallery is here; make one with `visavis index`")
        with _told_as_damage(path):
            database = _connect(path)
            return cls(path, database, settings_of(database.open_table(TABLE).schema))

    @property
    def contract(self) -> str:
        """Hash of weights, preprocessing and dimension that every row was embedded under."""
        return self.settings.contract

    def __len__(self) -> int:
        with _told_as_damage(self.path):
            return int(self._table.count_rows())

    def items(self) -> pl.DataFrame:
        """Columns id, path, label, domain, digest of every row, in the order of ids."""
        return to_frame(self._read(TEXT_COLUMNS))

    def missing(self, items: pl.DataFrame) -> pl.DataFrame:
        """Rows of `items` that are not here, or whose file, path, label or domain is another by now.

        Raises:
            VisavisError: an id stands here for another file, which is still in its place.
        """
        here = self.items()
        self._check_same_files(items, here)
        asked = items.with_columns(pl.col(TEXT_COLUMNS).cast(pl.String))
        return asked.join(here, on=TEXT_COLUMNS, how="anti", nulls_equal=True, maintain_order="left")

    def check_contract(self, contract: str) -> None:
        """Raise VisavisError unless vectors of `contract` may be stored here or compared with what is."""
        if contract != self.contract:
            raise VisavisError(
                f"{self.path}: holds embeddings of contract {self.contract} (model {self.settings.model}), "
                f"not of contract {contract}; use that model, or index into a new gallery"
            )

    def add(
        self,
        items: pl.DataFrame,
        embeddings: Float[np.ndarray, "N D"],
        probabilities: Float[np.ndarray, "N K"] | None,
        contract: str,
    ) -> None:
        """Store one batch in one atomic step; a row whose id is here already is replaced.

        `items` has the columns id, path, label, domain, digest. Raises VisavisError for another contract, an
        id given twice, or an embedding that is not finite.
        `probabilities` (N, K) are required exactly where the gallery has attributes.
        """
        self.check_contract(contract)
        twice = items.filter(pl.col("id").is_duplicated())["id"]
        if len(twice):
            raise VisavisError(f"{self.path}: item '{twice[0]}' is given twice; ids must be unique")
        broken = items["id"].filter(pl.Series(~np.isfinite(embeddings).all(axis=1)))
        if len(broken):
            raise VisavisError(
                f"{self.path}: the embedding of item '{broken[0]}' is not finite; check the model"
            )
        rows = to_rows(items, embeddings, probabilities, self.settings)
        with self._turn:
            merge = self._table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            merge.execute(rows)

    def search(
        self, embedding: Float[np.ndarray, "Q D"], probabilities: Float[np.ndarray, "Q K"] | None, k: int
    ) -> list[list[Hit]]:
        """The k closest items of every query, closest first, ties in the order of ids.

        The score is the protocol's own (`visavis.metrics.scores.multi_task_score`), over all rows.
        `probabilities` are needed exactly where the gallery's model predicts attributes.
        """
        return self._current_index().search(embedding, probabilities, k)

    def remove(self, ids: Sequence[str]) -> int:
        """Delete rows for good, and their bytes with them; returns how many of `ids` were here.

        LanceDB's own delete only marks rows, and its compaction leaves a file with few marks as it is; so the
        remaining rows are written anew and every older version is dropped.
        """
        with self._turn:
            rows = self._read()
            kept = rows.filter(pc.invert(pc.is_in(rows["id"], value_set=pa.array(ids, pa.string()))))
            self._table = self._database.create_table(TABLE, data=kept, mode="overwrite")
            self._drop_history()
        return int(rows.num_rows - kept.num_rows)

    def compact(self) -> None:
        """Join the small files of many batches and drop replaced rows; worth it after a long index run."""
        with self._turn:
            self._drop_history()

    def _check_same_files(self, items: pl.DataFrame, here: pl.DataFrame) -> None:
        both = items.join(here, on="id", suffix="_here", maintain_order="left")
        other = both.filter(pl.col("path") != pl.col("path_here"), pl.col("digest") != pl.col("digest_here"))
        for name, new, old in other.select("id", "path", "path_here").iter_rows():
            if os.path.isfile(old):
                raise VisavisError(
                    f"{new}: {self.path} holds another image, {old}, under the same id '{name}'; give ids of "
                    f"their own in a table, or use another gallery"
                )

    def _drop_history(self) -> None:
        with catch_warnings():
            simplefilter("ignore", UserWarning)  # warns of concurrent writers, which `_turn` keeps away
            self._table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)

    def _read(self, columns: list[str] | None = None) -> pa.Table:
        with _told_as_damage(self.path):
            rows = self._table.search().select(columns or schema_of(self.settings).names).to_arrow()
            return rows.sort_by("id")

    def _current_index(self) -> ExactIndex:
        with _told_as_damage(self.path):
            version = self._table.version
        if self._index is None or self._index[0] != version:
            rows = self._read()
            probabilities = to_matrix(rows["probabilities"]) if self.settings.attributes else None
            index = ExactIndex(
                to_frame(rows.select(TEXT_COLUMNS)),
                to_matrix(rows["embedding"]),
                probabilities,
                self.settings.attribute_weight,
            )
            self._index = version, index
        return self._index[1]


def _connect(path: Path) -> Any:
    try:
        import lancedb
    except ImportError:
        raise VisavisError("a gallery needs LanceDB; install visavis[gallery]") from None
    # Zero: every read sees what another process has just added.
    return lancedb.connect(path, read_consistency_interval=timedelta(0))


@contextmanager
def _told_as_damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, OSError, KeyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise VisavisError(f"{path}: not a gallery, or damaged ({reason}); index its images again") from error
