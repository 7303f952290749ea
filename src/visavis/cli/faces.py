"""`locate` and `explain`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visavis.cli.models import open_model
from visavis.cli.train import INTERRUPTED

if TYPE_CHECKING:
    from visavis.methods.face_attributes.folders import Question

METHOD = "face_attributes"
TABLE = "write a Parquet table; after Ctrl-C the same command goes on"
UNITS, EXAMPLES = 3, 6  # units with examples, and how many of each


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(locate)
    app.command()(explain)


def locate(
    source: Annotated[
        str, typer.Argument(help="a photo, folder of photos, table of items, or a known data set")
    ],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    several: Annotated[bool, typer.Option("--several", help="all faces of a photo, not only one")] = False,
    table: Annotated[Path | None, typer.Option(help=TABLE)] = None,
    picture: Annotated[
        Path | None, typer.Option(help="picture of the faces and of the response; of at most 12 photos")
    ] = None,
) -> None:
    """Find the face in photos: a line for each, or a table with --table."""
    from visavis.chunked import check_table
    from visavis.files import check_target
    from visavis.methods.face_attributes.folders import locating, photos_of
    from visavis.methods.face_attributes.pictures import draw_located

    check_table(table)
    check_target(picture)
    reader = open_model(model, METHOD)
    question, photos = locating(reader, several), photos_of(source)
    answer(question, photos, table)
    if picture is not None:
        draw_located(reader, photos, several, picture)
        typer.echo(f"picture: {picture}")


def explain(
    photo: Annotated[Path, typer.Argument(help="a photo")],
    attribute: Annotated[str, typer.Option(help="what to explain")],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    picture: Annotated[Path, typer.Option(help="picture of the reasons")] = Path("explain.png"),
    examples: Annotated[
        str | None, typer.Option(help="folder or table of photos to look up what excites a unit; not stored")
    ] = None,
) -> None:
    """Say why an attribute is read in a photo: where it is seen, and which units of the network decide."""
    from visavis.files import check_target
    from visavis.methods.face_attributes.examples import most_exciting
    from visavis.methods.face_attributes.folders import photos_of
    from visavis.methods.face_attributes.pictures import draw_explained

    check_target(picture)
    reader = open_model(model, METHOD)
    found = reader.explain(str(photo), attribute)
    typer.echo(str(found))
    looked_up = []
    if examples is not None:
        units = [unit.number for unit in found.units[:UNITS]]
        looked_up = most_exciting(reader, units, photos_of(examples), EXAMPLES)
    draw_explained(found, looked_up, reader.threshold, picture)
    typer.echo(f"picture: {picture}")


def answer(question: "Question", photos: list[str], table: Path | None) -> None:
    """Print what is answered of photos, or write it as a table."""
    from visavis.methods.face_attributes.folders import tabulate, tell

    if table is None:
        tell(question, photos, typer.echo, lambda text: typer.echo(text, err=True))
        return
    try:
        summary = tabulate(question, photos, table)
    except KeyboardInterrupt:
        typer.echo(f"interrupted; the same command goes on with {table}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"table: {table}, {summary}")
