"""`study`: the methods' experiments as commands."""

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.train import INTERRUPTED, command_line, parse_seeds


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(study)


def study(
    name: Annotated[str, typer.Argument(help="name of the study, e.g. ablation, stages, baselines")],
    recipe: Annotated[str, typer.Argument(help="recipe that the study starts from")],
    overrides: Annotated[list[str] | None, typer.Argument(help="settings, e.g. schedule.steps=100")] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder of the runs; default runs/study-NAME-RECIPE")
    ] = None,
    seeds: Annotated[str, typer.Option(help="seeds of every arm, e.g. 0,1,2")] = "0",
    write: Annotated[Path | None, typer.Option(help="write the record as JSON")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress line")] = False,
) -> None:
    """Run one of a method's experiments; the same command goes on where it was interrupted."""
    from visavis.files import check_target
    from visavis.methods import find_recipe, get_study

    check_target(write)
    settings = find_recipe(recipe, overrides or [])
    run = out or Path("runs") / f"study-{name}-{settings.name}"
    record = get_study(settings.method, name)(settings, parse_seeds(seeds), run, command_line(), quiet)
    if record is None:
        typer.echo(f"interrupted; the same command goes on in {run}", err=True)
        raise typer.Exit(INTERRUPTED)
    for arm, metrics in ({record.recipe: record.metrics} | record.peers).items():
        figures = "  ".join(
            f"{metric} {100 * value.mean:.1f}" + ("" if value.n in (None, record.n) else f" of {value.n}")
            for metric, value in metrics.items()
        )
        typer.echo(f"{arm:32s} {figures}")
    for picture in sorted(run.glob("*.png")):
        typer.echo(f"picture: {picture}")
    if write is not None:
        record.write(write)
        typer.echo(f"record: {write}")
