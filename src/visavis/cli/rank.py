"""`rank`, `compare`, `boxes` and `pairs`."""

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.models import open_model

METHOD = "relative_attributes"


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(rank)
    app.command()(compare)
    app.command()(boxes)
    app.command()(pairs)


def rank(
    source: Annotated[str, typer.Argument(help="folder of photos, table of items, or a known data set")],
    attribute: Annotated[str, typer.Option(help="what to rank by")],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    top: Annotated[int, typer.Option(min=1, help="how many to print and to draw")] = 10,
    table: Annotated[Path | None, typer.Option(help="write all of them as Parquet")] = None,
    strip: Annotated[Path, typer.Option(help="picture of the top with their boxes")] = Path("rank.strip.png"),
) -> None:
    """Order photos by the strength of an attribute: a table, and a picture with the regions that decide."""
    from visavis.chunked import check_table
    from visavis.datasets import open_dataset
    from visavis.files import check_target
    from visavis.methods.relative_attributes.pictures import draw_ranked, ranked_table

    check_table(table)
    check_target(strip)
    photos = open_dataset(source).select(domain="photo").items
    ranked = open_model(model, METHOD).rank(photos["path"].to_list(), attribute)
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
    from visavis.files import check_target
    from visavis.methods.relative_attributes.pictures import draw_comparison

    check_target(picture)
    found = open_model(model, METHOD).compare(a, b, attribute)
    typer.echo(str(found))
    if picture is not None:
        draw_comparison(a, b, found, picture)
        typer.echo(f"picture: {picture}")


def boxes(
    run: Annotated[Path, typer.Argument(help="folder of a training, finished or not")],
    attribute: Annotated[str, typer.Option(help="whose boxes")],
    strip: Annotated[Path, typer.Option(help="picture with moments side by side")] = Path("boxes.png"),
    film: Annotated[Path | None, typer.Option(help="animated GIF of all moments")] = None,
) -> None:
    """Draw how the boxes of some training photos moved while a ranker was trained."""
    from visavis.files import check_target
    from visavis.methods.relative_attributes.film import draw_film

    check_target(strip)
    check_target(film)
    draw_film(run, attribute, strip, film)
    for picture in (strip, film):
        if picture is not None:
            typer.echo(f"picture: {picture}")


def pairs(
    source: Annotated[
        str, typer.Argument(help="table of items with its NAME.pairs.csv, or a known data set")
    ],
    flagged: Annotated[
        Path | None, typer.Option(help="write the rows that have a defect as CSV, each with its reason")
    ] = None,
) -> None:
    """Count pairs of compared photos, and say how many contradict, repeat or leak; nothing is trained."""
    from visavis.datasets import open_dataset
    from visavis.files import check_target
    from visavis.methods.relative_attributes.consistency import checked_pairs

    check_target(flagged)
    checked = checked_pairs(open_dataset(source))
    typer.echo(str(checked))
    for finding in checked.findings():
        typer.echo(finding)
    if flagged is not None:
        checked.write_flagged(flagged)
        typer.echo(f"flagged: {flagged}")
