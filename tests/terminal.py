"""The command line without a new process: what it prints, and the status that it ends with."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

from visavis.cli import main


class Outcome(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    error: str


def visavis(*arguments: object) -> Outcome:
    """Run `visavis ARGUMENTS` in the working folder."""
    out, error = io.StringIO(), io.StringIO()
    argv = ["visavis", *map(str, arguments)]
    with patch.object(sys, "argv", argv), redirect_stdout(out), redirect_stderr(error):
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    return Outcome(status, out.getvalue(), error.getvalue())
