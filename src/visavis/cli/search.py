"""`index`, `search` and `pages`."""

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.models import open_model
from visavis.cli.train import INTERRUPTED

METHOD = "sketch_retrieval"
IMAGE_DOMAINS = "photo or sketch"


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(index)
    app.command()(search)
    app.command()(pages)


def index(
    source: Annotated[str, typer.Argument(help="folder of images, table of items, or a known data set")],
    gallery: Annotated[Path, typer.Option(help="the gallery to make or to add to")],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    domain: Annotated[str, typer.Option(help="which items of the source to add")] = "photo",
    split: Annotated[str | None, typer.Option(help="only items of this split")] = None,
) -> None:
    """Add images to a gallery; what is there unchanged is skipped, so an interrupted run can go on."""
    from visavis.datasets import open_dataset
    from visavis.methods.sketch_retrieval.search import choose_items, index_items

    try:
        chosen = choose_items(open_dataset(source), domain, split)
        added, total = index_items(open_model(model, METHOD), model, chosen, gallery)
    except KeyboardInterrupt:
        typer.echo(f"interrupted; the same command goes on with {gallery}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    typer.echo(f"{gallery}: {added} added, {total} in all")


def search(
    query: Annotated[Path, typer.Argument(help="image to search with")],
    gallery: Annotated[Path, typer.Option(help="the gallery to search")],
    k: Annotated[int, typer.Option("-k", min=1, help="how many answers")] = 10,
    model: Annotated[str | None, typer.Option(help="bundle; default: the one that made the gallery")] = None,
    domain: Annotated[str, typer.Option(help=f"what the query is: {IMAGE_DOMAINS}")] = "sketch",
    strip: Annotated[
        Path | None, typer.Option(help="picture of the answers; default: QUERY.strip.png here")
    ] = None,
) -> None:
    """Find the photos that a sketch means: a table, and a picture with the query and its answers."""
    from visavis import Gallery
    from visavis.files import check_target
    from visavis.methods.sketch_retrieval.search import check_domain, draw_strip, search_gallery

    picture = strip or Path(f"{query.stem}.strip.png")
    check_target(picture)
    check_domain(domain)
    opened = Gallery.open(gallery)
    hits = search_gallery(open_model(model or opened.settings.model, METHOD), opened, query, domain, k)
    for hit in hits:
        typer.echo(f"{hit.rank:4d}  {hit.score:8.4f}  {hit.label or '-':12s}  {hit.path}")
    draw_strip(query, hits, picture)
    typer.echo(f"picture: {picture}")


def pages(
    source: Annotated[str, typer.Argument(help="folder of images, table of items, or a known data set")],
    count: Annotated[int, typer.Option("-n", min=1, help="how many things to draw")] = 6,
    picture: Annotated[Path, typer.Option(help="the picture to write")] = Path("pages.png"),
) -> None:
    """Draw what a network of drawings reads: photos as their edge maps, sketches cropped to their ink."""
    from visavis.datasets import open_dataset
    from visavis.files import check_target
    from visavis.methods.sketch_retrieval.page_picture import draw_pages

    check_target(picture)
    draw_pages(open_dataset(source), count, picture)
    typer.echo(f"picture: {picture}")
