"""`describe`, for every method that reads attributes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from visavis.cli.faces import TABLE, answer
from visavis.errors import VisavisError

if TYPE_CHECKING:
    from visavis.bundle import Bundle

DRAWINGS, FACES = "sketch_retrieval", "face_attributes"


def register(app: typer.Typer) -> None:
    """Add the verb of this file."""
    app.command()(describe)


def describe(
    source: Annotated[
        str, typer.Argument(help="a photo or sketch; for faces also a folder, table or known data set")
    ],
    model: Annotated[str, typer.Option(help="bundle, by path or name")],
    domain: Annotated[
        str | None, typer.Option(help="for sketch retrieval: photo or sketch; default: photo")
    ] = None,
    table: Annotated[Path | None, typer.Option(help=f"for faces: {TABLE}")] = None,
    picture: Annotated[Path | None, typer.Option(help="for faces: picture of one photo's attributes")] = None,
) -> None:
    """Print the attributes that a model reads in an image, with probabilities; of faces also the window."""
    from visavis.bundle import find_bundle, read_bundle
    from visavis.chunked import check_table
    from visavis.files import check_target

    check_table(table)
    check_target(picture)
    if domain is not None:
        from visavis.methods.sketch_retrieval.search import check_domain

        check_domain(domain)
    bundle = read_bundle(find_bundle(model))
    method = bundle.config.method
    if method == DRAWINGS:
        _refuse(method, {"--table": table, "--picture": picture})
        _describe_image(bundle, Path(source), domain or "photo")
    elif method == FACES:
        _refuse(method, {"--domain": domain})
        _describe_faces(bundle, source, table, picture)
    else:
        raise VisavisError(
            f"{bundle.path}: a bundle of method '{method}', but '{DRAWINGS}' or '{FACES}' is needed here"
        )


def _refuse(method: str, options: dict[str, object]) -> None:
    for option, value in options.items():
        if value is not None:
            raise VisavisError(f"{option}: a bundle of method '{method}' has no use for it; leave it out")


def _describe_image(bundle: "Bundle", image: Path, domain: str) -> None:
    from visavis.methods.sketch_retrieval.retriever import SketchRetriever

    typer.echo(SketchRetriever(bundle).describe(image, domain))


def _describe_faces(bundle: "Bundle", source: str, table: Path | None, picture: Path | None) -> None:
    from visavis.methods.face_attributes.faces import FaceReader
    from visavis.methods.face_attributes.folders import describing, photos_of
    from visavis.methods.face_attributes.pictures import draw_described

    reader = FaceReader(bundle)
    question, photos = describing(reader), photos_of(source)
    if picture is not None and len(photos) > 1:
        raise VisavisError(f"--picture: shows one photo, not {len(photos)}; name one, or leave it out")
    answer(question, photos, table)
    if picture is not None:
        draw_described(reader.describe(photos)[0], picture)
        typer.echo(f"picture: {picture}")
