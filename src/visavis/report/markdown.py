"""Tables and figures in Markdown."""

from collections.abc import Iterable, Sequence

from visavis.records import Metric, ResultRecord


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    escaped = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in escaped)


def figure(metric: Metric | None, n: int | None = None) -> str:
    """A fraction in per cent: mean, deviation over the seeds where there are several, 95 % interval.

    What it was counted over follows where that is known and another number than `n`.
    """
    if metric is None:
        return ""
    text = f"{100 * metric.mean:.2f}"
    if len(metric.per_seed) > 1:
        text += f" ± {100 * metric.std:.2f}"
    if metric.ci95:
        low, high = metric.ci95
        text += f" [{100 * low:.1f}, {100 * high:.1f}]"
    if metric.n not in (None, n):
        text += f" of {metric.n}"
    return text


def heading(metric: str) -> str:
    """`triplet_accuracy` as the head of a column of per cents."""
    return f"{metric.replace('_', ' ')}, %"


def seeds(record: ResultRecord) -> str:
    """The seeds of a record, as a list."""
    return ", ".join(map(str, record.seeds))
