"""`rank` and `compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from visavis.methods.relative_attributes.ranker import AttributeRanker


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(rank)
    app.command()(compare)


def rank(
    source: Annotated[str, typer.Argument(help="folder of photos, table of items, or a known data set")],
    attribute: Annotated[str, typer.Option(help="what to rank by")],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    top: Annotated[int, typer.Option(min=1, help="how many to print and to draw")] = 10,
    table: Annotated[Path | None, typer.Option(help="write all of them as Parquet")] = None,
    strip: Annotated[Path, typer.Option(help="picture of the top with their boxes")] = Path("rank.strip.png"),
) -> None:
    """Order photos by the strength of an attribute: a table, and a picture with the regions that decide."""
    from visavis.datasets import open_dataset
    from visavis.methods.relative_attributes.pictures import draw_ranked, ranked_table

    photos = open_dataset(source).select(domain="photo").items
    ranked = _ranker(model).rank(photos["path"].to_list(), attribute)
    for photo in ranked[:top]:
        typer.echo(str(photo))
    if table is not None:
        ranked_table(ranked, table)
        typer.echo(f"table: {table}")
    draw_ranked(ranked[:top], strip)
    typer.echo(f"picture: {strip}")


def compare(
    a: Annotated[Path, typer.Argument(help="a photo")],
    b: Annotated[Path, typer.Argument(help="another photo")],
    attribute: Annotated[str, typer.Option(help="what to compare by")],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    picture: Annotated[Path | None, typer.Option(help="picture of both with their boxes")] = None,
) -> None:
    """Say which of two photos shows more of an attribute, and where that is seen."""
    from visavis.methods.relative_attributes.pictures import draw_comparison

    found = _ranker(model).compare(a, b, attribute)
    typer.echo(str(found))
    if picture is not None:
        draw_comparison(a, b, found, picture)
        typer.echo(f"picture: {picture}")


def _ranker(model: str) -> "AttributeRanker":
    from visavis.bundle import find_bundle, read_bundle
    from visavis.methods.relative_attributes.ranker import AttributeRanker

    return AttributeRanker(read_bundle(find_bundle(model), method="relative_attributes"))
