"""`export`."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the verb of this file."""
    app.command()(export)


def export(
    model: Annotated[str, typer.Argument(help="run or bundle, by path or name")],
    out: Annotated[Path, typer.Option(help="folder to make; an earlier export there is replaced")],
) -> None:
    """Write a model as ONNX with model.json, which says how to use it, if it gives what torch gives."""
    from visavis.bundle import find_bundle, read_bundle
    from visavis.export.folder import export
    from visavis.methods import get_method

    bundle = read_bundle(find_bundle(model))
    exported = export(bundle, get_method(bundle.config.method).graphs(bundle), out)
    typer.echo(f"{exported}\nexported: {exported.folder}")
