"""`study`: the methods' experiments as commands."""

import time
from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.train import INTERRUPTED, command_line, parse_seeds


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(study)


def study(
    name: Annotated[str, typer.Argument(help="name of the study, e.g. ablation, initial-scale, localiser")],
    recipe: Annotated[
        str | None, typer.Argument(help="recipe or run to start from; default: 'small' of the study's method")
    ] = None,
    overrides: Annotated[list[str] | None, typer.Argument(help="settings, e.g. schedule.steps=100")] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder of the runs; default runs/study-NAME-RECIPE, or the run named")
    ] = None,
    attribute: Annotated[
        list[str] | None, typer.Option(help="learn this attribute only; may be repeated")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="seeds of every arm, e.g. 0,1,2; default: the recipe's")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="write the record as JSON")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress line")] = False,
) -> None:
    """Run one of a method's experiments; the same command goes on where it was interrupted."""
    from visavis.files import check_target
    from visavis.methods import default_recipe, find_recipe, get_study
    from visavis.training.recipe import is_run

    check_target(write)
    changes = [*(overrides or []), *([f"attributes=[{', '.join(attribute)}]"] if attribute else [])]
    if recipe is not None and "=" in recipe and not Path(recipe).exists():  # settings of the default recipe
        changes.insert(0, recipe)
        recipe = None
    source = recipe or default_recipe(name)
    settings = find_recipe(source, changes)
    run = out or (Path(source) if is_run(Path(source)) else Path("runs") / f"study-{name}-{settings.name}")
    of_seeds = parse_seeds(seeds) or [settings.seed]
    started = time.time()
    record = get_study(settings.method, name)(settings, of_seeds, run, command_line(), quiet)
    if record is None:
        typer.echo(f"interrupted; the same command goes on in {run}", err=True)
        raise typer.Exit(INTERRUPTED)
    for arm, metrics in ({record.recipe: record.metrics} | record.peers).items():
        figures = "  ".join(
            f"{metric} {100 * value.mean:.1f}" + ("" if value.n in (None, record.n) else f" of {value.n}")
            for metric, value in metrics.items()
        )
        typer.echo(f"{arm:32s} {figures}")
    for answer in record.answers:
        typer.echo(answer)
    # Other studies leave their pictures in the folder of a run too.
    for picture in sorted(one for one in run.glob("*.png") if one.stat().st_mtime >= started):
        typer.echo(f"picture: {picture}")
    if write is not None:
        record.write(write)
        typer.echo(f"record: {write}")
