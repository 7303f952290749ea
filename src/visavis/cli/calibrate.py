"""`calibrate`."""

from pathlib import Path
from typing import Annotated

import typer

from visavis.cli.train import INTERRUPTED

METHOD = "relative_attributes"


def register(app: typer.Typer) -> None:
    """Add the verbs of this file."""
    app.command()(calibrate)


def calibrate(
    model: Annotated[str, typer.Argument(help="run or bundle, by path or name")],
    data: Annotated[
        str | None, typer.Option(help="labelled pairs by name or path; default: folds of its own data")
    ] = None,
    folds: Annotated[
        int | None, typer.Option(min=1, max=5, help="how many of the five folds to train without; default 5")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="folder of the calibrated bundle and of the folds; default: the run")
    ] = None,
    test: Annotated[
        bool, typer.Option("--test", help="report on the test pairs too; nothing is fitted to them")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="no progress line")] = False,
) -> None:
    """Fit the confidence of `compare` to pairs held out, and say how far it is to be trusted."""
    from visavis import images
    from visavis.bundle import find_bundle, read_bundle
    from visavis.methods.relative_attributes.calibration import trust_table
    from visavis.methods.relative_attributes.confidence import calibrate, run_of, trust_on_test
    from visavis.methods.relative_attributes.crossfit import FOLDER
    from visavis.pictures import reliability_curve

    bundle = read_bundle(find_bundle(model), METHOD)
    run = out or run_of(bundle)
    done = calibrate(bundle, run, data, folds, quiet)
    if done is None:
        typer.echo(f"interrupted; the same command goes on in {run / FOLDER}", err=True)
        raise typer.Exit(INTERRUPTED)
    trust = {"held out": done.trust} | (trust_on_test(done.bundle, data) if test else {})
    curves = done.trust.curves
    typer.echo(f"{done}\n\n{trust_table(trust)}\n\n{curves['calibrated']}\n")
    picture = run / "reliability.png"
    bins = {name: (curve.predicted, curve.observed, curve.counts) for name, curve in curves.items()}
    images.save(picture, reliability_curve(bins, title="Confidence of held-out pairs"))
    typer.echo(f"picture: {picture}\nbundle: {done.bundle.path}")
