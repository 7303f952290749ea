"""RESULTS.md and the tables in the methods' READMEs, written from the records on disk and from nothing else.

The same records give the same bytes: records are ordered by what they say, and no date is written.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from visavis.errors import VisavisError
from visavis.files import write_atomic
from visavis.records import BenchmarkRecord, Metric, ResultRecord
from visavis.report.markdown import figure, heading, seeds, table
from visavis.report.paper import PaperRow, PaperTable, read_paper

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
BENCHMARKS = "benchmarks"
WIDEST, FIRST = 20, 6  # metrics that a table has at most; those that it has where there are more
GAIN = "gain_"  # a peer's metric that says what the record gains over it
LEGEND = (
    "Metrics in per cent: mean ± standard deviation over the seeds [95 % interval]. Ties count as wrong. "
    "Minutes are those of training, all seeds together."
)


def update_reports(root: Path) -> list[Path]:
    """Write `RESULTS.md` and every method's table below `root`, the folder that holds `results/`.

    Gives the files written. Raises VisavisError where there is no record, where one cannot be read, or
    where the README of a method that has figures lacks the two marker lines.
    """
    files = sorted((root / "results").rglob("*.json"))
    if not files:
        raise VisavisError(f"{root / 'results'}: holds no record; write one with `visavis study`")
    measured = {path for path in files if path.relative_to(root / "results").parts[0] == BENCHMARKS}
    records = sorted((ResultRecord.read(path) for path in files if path not in measured), key=_order)
    benchmarks = [BenchmarkRecord.read(path) for path in files if path in measured]
    texts = {root / "RESULTS.md": results_text(records, benchmarks)}
    for readme in sorted((root / "src/visavis/methods").glob("*/README.md")):
        own = [record for record in records if record.method == readme.parent.name]
        paper_file = readme.with_name("paper.yaml")
        paper = read_paper(paper_file) if paper_file.exists() else None
        if own or paper:
            texts[readme] = _between_markers(readme, method_text(own, paper))
    for path, text in texts.items():
        write_atomic(path, text)
    return list(texts)


def results_text(records: list[ResultRecord], benchmarks: list[BenchmarkRecord]) -> str:
    """RESULTS.md: tables for each data set and protocol, commands below them, benchmarks at the end."""
    parts = [
        "# Results",
        f"Written by `visavis report` from the records in `results/`; not by hand. {LEGEND}",
    ]
    for data, group in groupby(records, key=lambda record: record.data):
        parts += [f"## {data}", *_data_section(list(group))]
    if benchmarks:
        parts += ["## Benchmarks", "Ratios above 1 mean that ours is better.", _benchmark_table(benchmarks)]
    return "\n\n".join(parts) + "\n"


def method_text(records: list[ResultRecord], paper: PaperTable | None) -> str:
    """A method's own tables, for each data set and protocol, the paper's lines above ours."""
    published = paper.data if paper else {}
    parts = [LEGEND]
    if paper:
        parts.append(f"Published lines: {paper.source}.")
    for data in dict.fromkeys([*published, *(record.data for record in records)]):
        lines = published.get(data, [])
        own = [record for record in records if record.data == data]
        parts.append(f"### {data}")
        for group in _by_protocol(own):
            parts += _with_published(group, _sharing(lines, group))
            lines = [line for line in lines if line not in _sharing(lines, group)]
        if lines:
            parts += _with_published([], lines)
        parts += [*_differences(own), *_answers(own)]
    return "\n\n".join(parts)


def _with_published(records: list[ResultRecord], lines: list[PaperRow]) -> list[str]:
    """A method's records of one protocol, the published lines above, and what is too much for that table."""
    names, rest = _columns([*(line.metrics for line in lines), *_all_metrics(records)])
    header = ["", *map(heading, names), "protocol", "seeds", "minutes", "data", "commit"]
    rows = [
        [
            f"paper: {line.name}",
            *(_published(line.metrics.get(name)) for name in names),
            line.protocol,
            *[""] * 4,
        ]
        for line in lines
    ]
    for record, peers in _peers_once(records):
        origin = [f"`{record.data_digest}`", f"`{record.commit}`"]
        ours = [record.protocol, seeds(record), f"{record.minutes:g}", *origin]
        rows.append([f"**here: {record.recipe}**", *_figures(record.metrics, names, record.n), *ours])
        rows += [
            [f"here: {peer}", *_figures(metrics, names, record.n), record.protocol, "", "", *origin]
            for peer, metrics in peers.items()
        ]
    return [table(header, rows), *_upright(records, rest)]


def _sharing(lines: list[PaperRow], records: list[ResultRecord]) -> list[PaperRow]:
    """The published lines with a metric that the records have."""
    known = {name for metrics in _all_metrics(records) for name in metrics}
    return [line for line in lines if known & set(line.metrics)]


def _by_protocol(records: list[ResultRecord]) -> list[list[ResultRecord]]:
    return [list(group) for _, group in groupby(records, key=lambda record: record.protocol)]


def _columns(metrics: Iterable[Iterable[str]]) -> tuple[list[str], list[str]]:
    """Names of the metrics that stand in a table, and of those that would make it too wide."""
    names = _in_order(metrics)
    return (names, []) if len(names) <= WIDEST else (names[:FIRST], names[FIRST:])


def _upright(records: list[ResultRecord], names: list[str]) -> list[str]:
    """A table with a line for each metric and a column for each model; nothing without metrics."""
    if not names:
        return []
    models = {record.recipe: (record.metrics, record.n) for record in records}
    for record, peers in _peers_once(records):
        models |= {peer: (metrics, record.n) for peer, metrics in peers.items()}
    rows = [
        [heading(name), *(figure(metrics.get(name), n) for metrics, n in models.values())] for name in names
    ]
    return [table(["", *models], rows)]


def _data_section(records: list[ResultRecord]) -> list[str]:
    tables = [part for group in _by_protocol(records) for part in _protocol_table(group)]
    commands = [f"- {_title(record)}, {record.protocol}: `{record.command}`" for record in records]
    return [*tables, *_differences(records), "\n".join(commands)]


def _protocol_table(records: list[ResultRecord]) -> list[str]:
    names, rest = _columns(_all_metrics(records))
    origin_of = ("seeds", "minutes", "device", "data", "commit")
    header = ["model", "protocol", "queries", *map(heading, names), *origin_of]
    rows = []
    for record, peers in _peers_once(records):
        setting = [record.protocol, str(record.n)]
        origin = [record.device, f"`{record.data_digest}`", f"`{record.commit}`"]
        ours = [seeds(record), f"{record.minutes:g}", *origin]
        rows.append([f"**{_title(record)}**", *setting, *_figures(record.metrics, names, record.n), *ours])
        rows += [
            [peer, *setting, *_figures(metrics, names, record.n), "", "", *origin]
            for peer, metrics in peers.items()
        ]
    return [table(header, rows), *_upright(records, rest)]


def _peers_once(records: list[ResultRecord]) -> Iterator[tuple[ResultRecord, dict[str, dict[str, Metric]]]]:
    """Each record with those of its peers that no other line of the table gives."""
    shown = {(record.protocol, record.recipe) for record in records}
    for record in records:
        peers = {name: found for name, found in record.peers.items() if (record.protocol, name) not in shown}
        shown |= {(record.protocol, name) for name in peers}
        yield record, peers


def _differences(records: list[ResultRecord]) -> list[str]:
    """What records gain over their peers, paired by query, as a list; nothing where no record says."""
    lines = []
    for record in records:
        for peer, metrics in record.peers.items():
            found = [
                f"{name.removeprefix(GAIN).replace('_', ' ')} {figure(metric)}"
                for name, metric in metrics.items()
                if name.startswith(GAIN)
            ]
            if found:
                lines.append(f"- {record.recipe} over {peer}, {record.protocol}: {', '.join(found)}")
    return ["Gains in points, paired by query [95 % interval]:\n\n" + "\n".join(lines)] if lines else []


def _answers(records: list[ResultRecord]) -> list[str]:
    """What studies have found, as a list; nothing where there was none."""
    lines = [f"- {record.recipe}: {answer}" for record in records for answer in record.answers]
    return ["\n".join(lines)] if lines else []


def _benchmark_table(benchmarks: list[BenchmarkRecord]) -> str:
    header = ["benchmark", "peer", "ours", "theirs", "unit", "ratio", "conditions", "commit"]
    rows = [
        [
            b.name,
            b.peer,
            f"{b.ours:.4g}",
            f"{b.theirs:.4g}",
            b.unit,
            f"{b.ratio:.2f}",
            b.conditions,
            f"`{b.commit}`",
        ]
        for b in sorted(benchmarks, key=lambda b: (b.name, b.peer))
    ]
    return table(header, rows)


def _title(record: ResultRecord) -> str:
    return f"{record.method} / {record.recipe}"


def _order(record: ResultRecord) -> tuple[str, ...]:
    return record.data, record.protocol, record.method, record.recipe, record.command


def _all_metrics(records: Iterable[ResultRecord]) -> list[dict[str, Metric]]:
    return [metrics for record in records for metrics in (record.metrics, *record.peers.values())]


def _in_order(metrics: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in metrics for name in names if not name.startswith(GAIN)))


def _figures(metrics: dict[str, Metric], names: list[str], n: int) -> list[str]:
    return [figure(metrics.get(name), n) for name in names]


def _published(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _between_markers(readme: Path, content: str) -> str:
    before, begin, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise VisavisError(
            f"{readme}: lacks the lines `{BEGIN}` and `{END}`; add them where the table belongs"
        )
    return f"{before}{BEGIN}\n\n{content}\n\n{END}{after}"
