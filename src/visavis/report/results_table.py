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
from visavis.report.paper import PaperTable, read_paper

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"
BENCHMARKS = "benchmarks"
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
    """RESULTS.md: one table for each data set, its commands below, and the benchmarks at the end."""
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
    """A method's own tables: the paper's lines above ours, for each data set."""
    published = paper.data if paper else {}
    parts = [LEGEND]
    if paper:
        parts.append(f"Published lines: {paper.source}.")
    for data in dict.fromkeys([*published, *(record.data for record in records)]):
        lines = published.get(data, [])
        own = [record for record in records if record.data == data]
        names = _in_order([*(line.metrics for line in lines), *_all_metrics(own)])
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
        for record, peers in _peers_once(own):
            origin = [f"`{record.data_digest}`", f"`{record.commit}`"]
            ours = [record.protocol, seeds(record), f"{record.minutes:g}", *origin]
            rows.append([f"**here: {record.recipe}**", *_figures(record.metrics, names, record.n), *ours])
            rows += [
                [f"here: {peer}", *_figures(metrics, names, record.n), record.protocol, "", "", *origin]
                for peer, metrics in peers.items()
            ]
        parts += [f"### {data}", table(header, rows), *_differences(own), *_answers(own)]
    return "\n\n".join(parts)


def _data_section(records: list[ResultRecord]) -> list[str]:
    names = _in_order(_all_metrics(records))
    header = [
        "model",
        "protocol",
        "queries",
        *map(heading, names),
        "seeds",
        "minutes",
        "device",
        "data",
        "commit",
    ]
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
    commands = [f"- {_title(record)}, {record.protocol}: `{record.command}`" for record in records]
    return [table(header, rows), *_differences(records), "\n".join(commands)]


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
