"""RESULTS.md and README tables: every figure of the records arrives, in the right cell, twice the same."""

from pathlib import Path
from typing import Any

import pytest

from visavis.datasets.lfw10 import ATTRIBUTES
from visavis.errors import VisavisError
from visavis.records import BenchmarkRecord, Metric, ResultRecord
from visavis.report.markdown import figure, table
from visavis.report.paper import read_paper
from visavis.report.results_table import update_reports

README = "# Sketches\n\nBefore.\n\n<!-- results:begin -->\nold\n<!-- results:end -->\n\nAfter.\n"
PAPER = "source: A paper\ndata:\n  shoes:\n    - {name: full model, metrics: {acc@1: 50.4, acc@10: 91.3}}\n"


def record(**changes: Any) -> ResultRecord:
    settings: dict[str, Any] = {
        "method": "sketch_retrieval",
        "recipe": "small",
        "protocol": "qmul-v1",
        "data": "shoes",
        "data_digest": "0123456789abcdef",
        "n": 115,
        "seeds": [0, 1],
        "metrics": {"acc@1": Metric(mean=0.25, std=0.0123, ci95=(0.2, 0.3049), per_seed=[0.26, 0.24])},
        "peers": {
            "HOG | SVM": {"acc@1": Metric(mean=0.2, per_seed=[0.2]), "triplet_accuracy": Metric(mean=0.6)}
        },
        "command": "visavis study small",
        "commit": "abc123-dirty",
        "minutes": 12.5,
        "device": "cpu",
    }
    return ResultRecord(**(settings | changes))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    record().write(tmp_path / "results/sketch_retrieval/shoes.json")
    method = tmp_path / "src/visavis/methods/sketch_retrieval"
    method.mkdir(parents=True)
    (method / "README.md").write_text(README)
    (method / "paper.yaml").write_text(PAPER)
    return tmp_path


def cells(text: str, first: str) -> list[dict[str, str]]:
    """Rows of the Markdown tables in `text` whose first cell holds `first`, as {heading: cell}."""
    rows: list[dict[str, str]] = []
    header: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            header = []
            continue
        row = [cell.strip() for cell in line.replace(r"\|", "/").strip("|").split("|")]
        header = header or row
        if first in row[0]:
            assert len(row) == len(header)
            rows.append(dict(zip(header, row, strict=True)))
    return rows


def test_a_figure_shows_what_is_known() -> None:
    assert figure(Metric(mean=0.5043)) == "50.43"
    assert figure(Metric(mean=0.5, ci95=(0.408, 0.592), per_seed=[0.5])) == "50.00 [40.8, 59.2]"
    assert figure(Metric(mean=0.5, std=0.02, per_seed=[0.48, 0.52])) == "50.00 ± 2.00"
    counted = Metric(mean=0.5, per_seed=[0.5], n=215)
    assert (figure(counted, 215), figure(counted, 2347)) == ("50.00", "50.00 of 215")
    assert figure(None) == ""


def test_a_table_survives_pipes() -> None:
    assert table(["a", "b"], [["x|y", "1"]]) == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |"


def test_results_hold_each_record_and_its_peers(root: Path) -> None:
    record(data="chairs", recipe="paper", seeds=[3], n=97).write(
        root / "results/sketch_retrieval/chairs.json"
    )
    update_reports(root)
    text = (root / "RESULTS.md").read_text()
    assert text.index("## chairs") < text.index("## shoes")
    assert "- sketch_retrieval / small, qmul-v1: `visavis study small`" in text
    chairs, shoes = text.split("## shoes")
    assert cells(shoes, "sketch_retrieval / small") == [
        {
            "model": "**sketch_retrieval / small**",
            "protocol": "qmul-v1",
            "queries": "115",
            "acc@1, %": "25.00 ± 1.23 [20.0, 30.5]",
            "triplet accuracy, %": "",
            "seeds": "0, 1",
            "minutes": "12.5",
            "device": "cpu",
            "data": "`0123456789abcdef`",
            "commit": "`abc123-dirty`",
        }
    ]
    peer = cells(shoes, "HOG / SVM")[0]
    assert (peer["acc@1, %"], peer["triplet accuracy, %"], peer["seeds"]) == ("20.00", "60.00", "")
    assert cells(chairs, "sketch_retrieval / paper")[0]["queries"] == "97"


def test_a_peer_stands_once_beside_its_own_record(root: Path) -> None:
    figures = {"acc@1": Metric(mean=0.2, per_seed=[0.2])}
    record(recipe="HOG | SVM", metrics=figures, peers={"chance": figures}).write(
        root / "results/sketch_retrieval/baselines.json"
    )
    record(peers={"HOG | SVM": figures, "chance": figures}).write(
        root / "results/sketch_retrieval/shoes.json"
    )
    record(protocol="other", peers={"chance": figures}).write(root / "results/sketch_retrieval/other.json")
    update_reports(root)
    for text in (
        (root / "RESULTS.md").read_text(),
        (root / "src/visavis/methods/sketch_retrieval/README.md").read_text(),
    ):
        assert len(cells(text, "HOG / SVM")) == 1
        assert [row["protocol"] for row in cells(text, "chance")] == ["other", "qmul-v1"]


def test_gains_are_told_below_the_table(root: Path) -> None:
    gains = {
        "acc@1": Metric(mean=0.2),
        "gain_acc@1": Metric(mean=0.05, ci95=(-0.012, 0.11)),
        "gain_triplet_accuracy": Metric(mean=0.01, ci95=(0.0, 0.02)),
    }
    record(peers={"without ranking": gains}).write(root / "results/sketch_retrieval/shoes.json")
    update_reports(root)
    told = (
        "- small over without ranking, qmul-v1: acc@1 5.00 [-1.2, 11.0], triplet accuracy 1.00 [0.0, 2.0]\n"
    )
    for path in (root / "RESULTS.md", root / "src/visavis/methods/sketch_retrieval/README.md"):
        assert told in path.read_text()
        assert "gain" not in cells(path.read_text(), "small")[0]


def test_answers_of_a_study_stand_below_the_readmes_table(root: Path) -> None:
    record(answers=["it does", "by ten"]).write(root / "results/sketch_retrieval/shoes.json")
    update_reports(root)
    text = (root / "src/visavis/methods/sketch_retrieval/README.md").read_text()
    assert "\n\n- small: it does\n- small: by ten\n" in text


def test_readme_sets_ours_beside_the_papers(root: Path) -> None:
    update_reports(root)
    text = (root / "src/visavis/methods/sketch_retrieval/README.md").read_text()
    assert text.startswith("# Sketches\n\nBefore.\n\n<!-- results:begin -->\n")
    assert text.endswith("<!-- results:end -->\n\nAfter.\n")
    assert "old" not in text
    assert "Published lines: A paper." in text
    paper, ours, peer = (cells(text, name)[0] for name in ("paper: full", "here: small", "here: HOG"))
    assert (paper["acc@1, %"], paper["acc@10, %"], paper["protocol"]) == ("50.40", "91.30", "")
    assert (ours["acc@1, %"], ours["acc@10, %"]) == ("25.00 ± 1.23 [20.0, 30.5]", "")
    assert (ours["seeds"], ours["minutes"], ours["commit"]) == ("0, 1", "12.5", "`abc123-dirty`")
    assert (peer["acc@1, %"], peer["protocol"], peer["minutes"]) == ("20.00", "qmul-v1", "")


def test_a_published_line_may_say_how_it_was_counted(root: Path) -> None:
    file = root / "src/visavis/methods/sketch_retrieval/paper.yaml"
    file.write_text(PAPER.replace("name: full model,", 'name: full model, protocol: "304 queries",'))
    update_reports(root)
    assert cells(file.with_name("README.md").read_text(), "paper: full")[0]["protocol"] == "304 queries"


def test_benchmarks_have_their_own_table(root: Path) -> None:
    settings: dict[str, Any] = {
        "theirs": 3.0,
        "unit": "ms",
        "ratio": 2.0,
        "conditions": "1 thread",
        "commit": "abc",
    }
    for name, ours in (("search", 1.5), ("decode", 2.0)):
        benchmark = BenchmarkRecord(name=name, peer="numpy", ours=ours, **settings)
        benchmark.write(root / f"results/benchmarks/{name}.json")
    update_reports(root)
    text = (root / "RESULTS.md").read_text().split("## Benchmarks")[1]
    assert list(cells(text, "search")[0].values()) == [
        "search", "numpy", "1.5", "3", "ms", "2.00", "1 thread", "`abc`"
    ]  # fmt: skip
    assert text.index("decode") < text.index("search")


def test_the_same_records_give_the_same_bytes(root: Path) -> None:
    for i in range(4):
        record(recipe=f"r{3 - i}").write(root / f"results/sketch_retrieval/{i}.json")
    written = update_reports(root)
    assert written == [root / "RESULTS.md", root / "src/visavis/methods/sketch_retrieval/README.md"]
    first = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in update_reports(root)] == first
    text = first[0].decode()
    assert [text.index(f"/ r{i}**") for i in range(4)] == sorted(text.index(f"/ r{i}**") for i in range(4))


def test_a_method_without_figures_is_left_alone(root: Path) -> None:
    other = root / "src/visavis/methods/other/README.md"
    other.parent.mkdir()
    other.write_text("no markers")
    assert other not in update_reports(root)
    assert other.read_text() == "no markers"


@pytest.mark.parametrize(
    "text", ["nothing", "<!-- results:begin -->", "<!-- results:end --><!-- results:begin -->"]
)
def test_missing_markers_are_told_and_nothing_is_written(root: Path, text: str) -> None:
    (root / "src/visavis/methods/sketch_retrieval/README.md").write_text(text)
    with pytest.raises(VisavisError, match=r"README\.md: lacks the lines `<!-- results:begin -->`"):
        update_reports(root)
    assert not (root / "RESULTS.md").exists()


def test_no_records_are_told(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match="results: holds no record; write one with `visavis study`"):
        update_reports(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("source: [", "is not YAML"),
        ("source: A\nextra: 1\ndata: {}", "extra: Extra inputs"),
        ("source: A\ndata: {shoes: [{name: x, metrics: {acc@1: high}}]}", r"data\.shoes\.0\.metrics\.acc@1"),
        ("", "the file: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_paper_file_names_its_key(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "paper.yaml"
    path.write_text(content)
    with pytest.raises(VisavisError, match=told) as error:
        read_paper(path)
    assert str(error.value).startswith(str(path))


def test_the_shipped_paper_table_holds_the_published_lines() -> None:
    import visavis

    methods = Path(visavis.__file__).parent / "methods"
    data = read_paper(methods / "sketch_retrieval/paper.yaml").data
    best = {name: {row.name: row.metrics for row in rows} for name, rows in data.items()}
    assert [len(rows) for rows in data.values()] == [10, 10]
    assert best["qmul-shoe-v1"]["full model"] == {"acc@1": 50.43, "acc@10": 91.30, "triplet_accuracy": 70.59}
    assert best["qmul-chair-v1"]["full model"] == {"acc@1": 78.35, "acc@10": 98.97, "triplet_accuracy": 73.13}
    for table_ in best.values():  # the order the ablation must keep
        single = [table_["without ranking"]["acc@1"], table_["without prediction"]["acc@1"]]
        assert table_["full model"]["acc@1"] > max(single)
        assert min(single) > table_["without prediction and ranking"]["acc@1"]


def test_the_shipped_lines_of_relative_attributes_agree_with_each_other() -> None:
    """A mean is that of its line, and where pairs were counted alike an accuracy is a number of pairs."""
    import visavis

    methods = Path(visavis.__file__).parent / "methods"
    data = read_paper(methods / "relative_attributes/paper.yaml").data
    pairs = dict(zip(ATTRIBUTES, (274, 337, 133, 323, 174, 298, 354, 325, 256, 469), strict=True))
    assert sum(pairs.values()) == 2943
    for row in (row for rows in data.values() for row in rows):
        of_attributes = {name: value for name, value in row.metrics.items() if name != "mean_accuracy"}
        mean = sum(of_attributes.values()) / len(of_attributes)
        assert mean == pytest.approx(row.metrics["mean_accuracy"], abs=0.006), row.name
        counted = {"2,943 pairs": pairs, "mean of 10 splits": dict.fromkeys(of_attributes, 3000)}
        for name, n in counted.get(row.protocol, {}).items():
            runs = 3 if "three runs" in row.name else 1
            share = round(of_attributes[name] / 100 * n * runs) / (n * runs)
            assert 100 * share == pytest.approx(of_attributes[name], abs=0.0051), (row.name, name)
    best = {name: {row.name: row.metrics["mean_accuracy"] for row in rows} for name, rows in data.items()}
    assert best["lfw10"]["Singh and Lee, combined"] == max(best["lfw10"].values()) == 86.91
    assert best["zap50k-1"]["Singh and Lee"] == max(best["zap50k-1"].values()) == 95.78


def test_wide_records_keep_all_figures_in_a_second_table(root: Path) -> None:
    many = {f"metric{number}": Metric(mean=number / 100, per_seed=[number / 100]) for number in range(30)}
    record(metrics=many, peers={"floor": many}).write(root / "results/sketch_retrieval/shoes.json")
    update_reports(root)
    for path in ("RESULTS.md", "src/visavis/methods/sketch_retrieval/README.md"):
        text = (root / path).read_text()
        assert max(line.count("|") for line in text.splitlines()) < 20
        for number in range(30):
            assert f"metric{number}, %" in text
            assert f"{number:.2f}" in text


def test_protocols_have_tables_of_their_own(root: Path) -> None:
    record(protocol="boxes", metrics={"iou": Metric(mean=0.5)}, peers={}).write(
        root / "results/sketch_retrieval/boxes.json"
    )
    update_reports(root)
    headers = [line for line in (root / "RESULTS.md").read_text().splitlines() if line.startswith("| model")]
    assert sum("iou" in line for line in headers) == 1
    assert not any("iou" in line and "acc@1" in line for line in headers)
