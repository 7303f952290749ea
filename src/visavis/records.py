"""Results on disk: every number with its protocol, seeds, command, commit and data digest."""

import subprocess
from collections.abc import Sequence
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from scipy.special import stdtrit

from visavis.errors import VisavisError
from visavis.files import write_atomic


@cache
def commit() -> str:
    """`current_commit` when it was first asked for: one that is made while the process runs does not run."""
    return current_commit()


def current_commit() -> str:
    """The commit that is checked out, with "-dirty" where the tree differs; "unknown" outside git.

    Changes under `results/` do not count: the records of one study would mark each other as dirty.
    """
    try:
        # Or installed inside someone else's repository?
        _git("ls-files", "--error-unmatch", Path(__file__).name)
        head = _git("rev-parse", "--short=12", "HEAD")
        changes = _git("status", "--porcelain", "--", ":/", ":(top,exclude)results")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head}-dirty" if changes else head


def _git(*arguments: str) -> str:
    answer = subprocess.run(
        ["git", *arguments], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    return answer.stdout.strip()


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Metric(_Strict):
    """One figure over seeds.

    `std` is the sample standard deviation (n - 1), 0 for one seed; `ci95` the 95 % interval [low, high],
    None where neither the seeds nor the caller give one (a number quoted from a paper); `n` how many queries
    or pairs were counted, None where that is not known.
    """

    mean: float
    std: float = 0.0
    ci95: tuple[float, float] | None = None
    per_seed: list[float] = []
    n: int | None = None

    @classmethod
    def of(
        cls, values: Sequence[float], ci95: tuple[float, float] | None = None, n: int | None = None
    ) -> Self:
        """Summarise one value per seed.

        Without `ci95` the interval is Student's for the mean over seeds; a single seed has none, so its
        caller gives the one of the test items (Wilson, bootstrap).
        """
        seeds = np.asarray(values, dtype=np.float64)
        mean = float(seeds.mean())
        std = float(seeds.std(ddof=1)) if len(seeds) > 1 else 0.0
        if ci95 is None and len(seeds) > 1:
            half = float(stdtrit(len(seeds) - 1, 0.975)) * std / sqrt(len(seeds))
            ci95 = mean - half, mean + half
        return cls(mean=mean, std=std, ci95=ci95, per_seed=seeds.tolist(), n=n)


class _Record(_Strict):
    def write(self, path: Path) -> None:
        """Write this record as JSON; a reader sees the old file or the new one."""
        write_atomic(Path(path), self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a record back; raises VisavisError where the file is missing or not such a record."""
        try:
            return cls.model_validate_json(Path(path).read_bytes())
        except OSError as error:
            raise VisavisError(f"{path}: cannot be read ({error.strerror})") from None
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])) or "the file"
            raise VisavisError(
                f"{path}: not a {cls.__name__}, because {key}: {first['msg']}; run its command again"
            ) from None


class ResultRecord(_Record):
    """Outcome of one method under one protocol: `results/<method>/<name>.json`.

    `answers`: what a study has found, a sentence each.
    """

    method: str
    recipe: str
    protocol: str
    data: str
    data_digest: str
    n: int
    seeds: list[int]
    metrics: dict[str, Metric]
    peers: dict[str, dict[str, Metric]] = {}
    answers: list[str] = []
    command: str
    commit: str = Field(default_factory=commit)
    minutes: float
    device: str


class BenchmarkRecord(_Record):
    """Ours against a named peer, measured in one run: `results/benchmarks/<name>.json`.

    `ratio` above 1 = ours better; `conditions` says what was measured, on what, in how many rounds.
    """

    name: str
    peer: str
    ours: float
    theirs: float
    unit: str
    ratio: float
    conditions: str = ""
    commit: str = Field(default_factory=commit)
