"""`train` and `evaluate`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from visavis.errors import VisavisError

INTERRUPTED = 130


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command(context_settings={"allow_interspersed_args": True})(train)
    app.command()(evaluate)


def train(
    recipe: Annotated[
        str, typer.Argument(help="a YAML file, or a shipped recipe such as sketch_retrieval/small")
    ],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="settings, e.g. schedule.steps=100 data=my.csv")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the run; default runs/METHOD-RECIPE")] = None,
    seeds: Annotated[
        str | None, typer.Option(help="several seeds, e.g. 0,1,2; one run each in OUT/seed-N")
    ] = None,
    print_recipe: Annotated[
        bool, typer.Option("--print-recipe", help="print the full recipe and stop")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress line")] = False,
) -> None:
    """Train a recipe; the same command goes on where an interrupted run stopped."""
    from visavis.methods import find_recipe, get_method
    from visavis.training.recipe import dump_recipe

    settings = find_recipe(recipe, overrides or [])
    if print_recipe:
        typer.echo(dump_recipe(settings), nl=False)
        return
    run = out or Path("runs") / f"{settings.method}-{Path(recipe).stem}"
    chosen = parse_seeds(seeds)
    for seed in chosen or [settings.seed]:
        one = settings.model_copy(update={"seed": seed})
        folder = run / f"seed-{seed}" if chosen else run
        bundle = get_method(one.method).train(one, folder, quiet)
        if bundle is None:
            typer.echo(f"interrupted; the same command goes on from the checkpoint in {folder}", err=True)
            raise typer.Exit(INTERRUPTED)
        typer.echo(f"bundle: {bundle.path}")


def evaluate(
    bundles: Annotated[
        list[str], typer.Argument(help="bundles or runs, by path or name; several = seeds, or splits of data")
    ],
    data: Annotated[
        str | None, typer.Option(help="data by name or path; default: what it was trained on")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="name of the protocol; default: the one of the data")
    ] = None,
    peers: Annotated[
        list[Path] | None, typer.Option(help="record whose figures are to stand beside; may be repeated")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="calibration to measure with instead, e.g. hog_weight=0; may be repeated"),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="write the record as JSON, e.g. results/METHOD/NAME.json")
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="draw what the first bundle answers into this folder")
    ] = None,
) -> None:
    """Measure one bundle, or the seeds or splits of one recipe together, under a named protocol."""
    from visavis.bundle import find_bundle, read_bundle, recalibrated
    from visavis.files import check_target
    from visavis.methods import get_method
    from visavis.training.results import read_peers, summarise

    check_target(write)
    read = [recalibrated(read_bundle(find_bundle(source)), settings or []) for source in bundles]
    draw = get_method(read[0].config.method).draw
    if pictures is not None and draw is None:
        raise VisavisError(f"--pictures: method '{read[0].config.method}' draws none; leave it out")
    evaluations = [get_method(bundle.config.method).evaluate(bundle, data, protocol) for bundle in read]
    for bundle, evaluation in zip(read, evaluations, strict=True):
        typer.echo(f"{bundle.path}\n{evaluation}")
    record = summarise(read, evaluations, command_line(), read_peers(peers or [], evaluations[0]))
    if len(read) > 1:
        for name, metric in record.metrics.items():
            typer.echo(
                f"{name:18s} {100 * metric.mean:6.2f} % +- {100 * metric.std:.2f} over {len(read)} bundles"
            )
    if pictures is not None and draw is not None:
        draw(read[0], data, protocol, pictures)
        typer.echo(f"pictures: {pictures}")
    if write is not None:
        record.write(write)
        typer.echo(f"record: {write}")


def parse_seeds(text: str | None) -> list[int]:
    """Seeds of `0,1,2`; an empty list for none.

    Raises:
        VisavisError: a seed is negative or no whole number, or stands there twice.
    """
    if text is None:
        return []
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise VisavisError(f"seeds '{text}': give whole numbers of 0 or more, such as 0,1,2")
    seeds = [int(word) for word in words]
    if twice := {seed for seed in seeds if seeds.count(seed) > 1}:
        raise VisavisError(f"seeds '{text}': {min(twice)} stands there twice; give each seed once")
    return seeds


def command_line() -> str:
    """The command as it can be typed again."""
    return shlex.join(["visavis", *sys.argv[1:]])
