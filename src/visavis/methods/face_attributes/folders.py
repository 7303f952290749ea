"""Questions about many photos: answers as lines, or as a table that an interruption does not lose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from visavis.chunked import ERROR, Columns, answers, write_table
from visavis.datasets import open_dataset
from visavis.errors import VisavisError
from visavis.images import SUFFIXES
from visavis.methods.face_attributes.answers import FACE_COLUMNS, Row, described_columns
from visavis.methods.face_attributes.faces import FaceReader


class Answer(Protocol):
    """What a face reader says of one photo."""

    def line(self) -> str: ...

    def rows(self) -> list[Row]: ...


@dataclass(frozen=True)
class Question:
    """A verb of a face reader: `key` says which of which bundle, and `columns` are those of its rows."""

    key: str
    ask: Callable[[list[str]], Sequence[Answer]]
    columns: Columns

    def rows(self, paths: list[str]) -> list[list[Row]]:
        """The rows of each photo."""
        return [answer.rows() for answer in self.ask(paths)]


def locating(reader: FaceReader, several: bool) -> Question:
    """Where the most likely face is, or where all faces are; raises VisavisError where the bundle cannot."""
    reader.check_finds(several)
    ask = reader.locate_several if several else reader.locate
    return Question(f"locate {'several' if several else 'one'} {reader.bundle.contract}", ask, FACE_COLUMNS)


def describing(reader: FaceReader) -> Question:
    """The attributes of the most likely face; raises VisavisError where the bundle has no ANet."""
    reader.anet()
    columns = described_columns(reader.attributes)
    return Question(f"describe {reader.bundle.contract}", reader.describe, columns)


def photos_of(source: str) -> list[str]:
    """Paths of a photo, or of all photos of a folder, of a table of items, or of a known data set.

    Raises:
        VisavisError: there is no such source, or no photo in it.
    """
    if Path(source).suffix.lower() in SUFFIXES and not Path(source).is_dir():
        return [source]
    photos = open_dataset(source).select(domain="photo").items["path"].to_list()
    if not photos:
        raise VisavisError(f"{source}: there is no photo in it; name a source with items of domain 'photo'")
    return photos


def tell(
    question: Question, photos: list[str], say: Callable[[str], None], warn: Callable[[str], None]
) -> None:
    """Say what is answered of each photo, and warn of those that cannot be read.

    Raises:
        VisavisError: none can be read.
    """
    failed = []
    for _, answer in answers(question.ask, photos):
        if isinstance(answer, VisavisError):
            failed.append(str(answer))
            if len(photos) > 1:
                warn(failed[-1])
        else:
            say(answer.line() if len(photos) > 1 else str(answer))
    _refuse_nothing(failed, len(photos))
    if failed:
        warn(f"{len(failed)} of {len(photos)} photos cannot be read")


def tabulate(question: Question, photos: list[str], target: Path) -> str:
    """Write what is answered as a Parquet table, with a row for each photo or face, and sum it up.

    Raises:
        VisavisError: none can be read, or the table cannot be written.
    """
    table = write_table(target, photos, question.rows, question.columns, question.key, "faces")
    failed = table[ERROR].drop_nulls().to_list()
    _refuse_nothing(failed, len(photos))
    counts = [f"photos: {len(photos)}"]
    if table["is_face"].is_not_null().any():
        counts.append(f"faces: {table['is_face'].sum()}, without a face: {(~table['is_face']).sum()}")
    if failed:
        counts.append(f"cannot be read: {len(failed)} (column '{ERROR}')")
    return ", ".join(counts)


def _refuse_nothing(failed: list[str], photos: int) -> None:
    if len(failed) == photos:
        raise VisavisError(failed[0] if photos == 1 else f"none of {photos} photos can be read; {failed[0]}")
