"""`report` and `demo`."""

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.train import INTERRUPTED


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(report)
    app.command()(demo)


def report(
    root: Annotated[Path, typer.Argument(help="folder that holds results/")] = Path(),
) -> None:
    """Write RESULTS.md and the tables in the methods' READMEs from the records on disk."""
    from visavis.report.results_table import update_reports

    for path in update_reports(root):
        typer.echo(str(path))


def demo(
    out: Annotated[Path, typer.Option(help="folder for the run, the gallery and the page")] = Path("demo"),
    recipe: Annotated[str, typer.Option(help="recipe on rendered data")] = "sketch_retrieval/demo",
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress line")] = False,
) -> None:
    """Train, evaluate, index and search on rendered shoes; ends in a page to open."""
    from visavis.report.demo import run_demo

    result = run_demo(out, recipe, quiet)
    if result is None:
        typer.echo("interrupted; the same command goes on", err=True)
        raise typer.Exit(INTERRUPTED)
    typer.echo(
        f"{result.evaluation}\n\nopen {result.page}: five searches, and what to do next with your own images"
    )
