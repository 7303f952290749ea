"""The command line: parse, call, print."""

import sys

import typer

from visavis.errors import VisavisError


def build() -> typer.Typer:
    """The application with all its verbs."""
    from visavis.cli import calibrate, describe, export, faces, rank, reports, search, study, train

    app = typer.Typer(help="Learn to compare images.", no_args_is_help=True, pretty_exceptions_enable=False)
    for group in (train, search, describe, rank, faces, calibrate, export, study, reports):
        group.register(app)
    return app


def main() -> None:
    """Entry point: bad input ends in one sentence and status 2; Typer ends an interruption in 130."""
    try:
        build()()
    except VisavisError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
