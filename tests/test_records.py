import json
import shutil
import subprocess
from pathlib import Path

import pytest
from pydantic import ValidationError

from visavis import records
from visavis.errors import VisavisError
from visavis.records import BenchmarkRecord, Metric, ResultRecord

RECORD = ResultRecord(
    method="sketch_retrieval",
    recipe="small",
    protocol="qmul-v1",
    data="qmul-shoe-v1",
    data_digest="0123456789abcdef",
    n=115,
    seeds=[0, 1, 2],
    metrics={"acc@1": Metric.of([0.50, 0.53, 0.47])},
    peers={"HOG": {"acc@1": Metric(mean=0.2)}},
    command="visavis study small",
    commit="abc-dirty",
    minutes=12.5,
    device="cpu",
)


def test_metric_over_seeds() -> None:
    metric = Metric.of([0.50, 0.53, 0.47])
    assert metric.mean == pytest.approx(0.5)
    assert metric.std == pytest.approx(0.03)
    half = 4.302652730 * 0.03 / 3**0.5  # Student's t of 2 degrees of freedom, from a printed table
    assert metric.ci95 == pytest.approx((0.5 - half, 0.5 + half))
    assert metric.per_seed == [0.50, 0.53, 0.47]


def test_metric_of_one_seed_has_only_the_interval_it_is_given() -> None:
    assert Metric.of([0.5]) == Metric(mean=0.5, std=0.0, ci95=None, per_seed=[0.5])
    assert Metric.of([0.5], ci95=(0.41, 0.59)).ci95 == (0.41, 0.59)
    assert Metric.of([0.4, 0.6], ci95=(0.41, 0.59)).ci95 == (0.41, 0.59)


@pytest.mark.parametrize("values", [[], [float("nan")], [0.5, float("inf")]])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_metric_refuses_what_is_no_number(values: list[float]) -> None:
    with pytest.raises(ValidationError, match="finite"):
        Metric.of(values)


def test_result_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "sketch_retrieval" / "small.json"
    RECORD.write(path)
    assert ResultRecord.read(path) == RECORD
    stored = json.loads(path.read_text())
    assert stored["metrics"]["acc@1"]["per_seed"] == [0.50, 0.53, 0.47]
    assert stored["peers"]["HOG"]["acc@1"]["ci95"] is None
    assert [entry.name for entry in path.parent.iterdir()] == ["small.json"]


def test_benchmark_knows_its_commit(tmp_path: Path) -> None:
    benchmark = BenchmarkRecord(name="b", peer="P 1.0", ours=2.0, theirs=4.0, unit="ms", ratio=2.0)
    benchmark.write(tmp_path / "b.json")
    assert BenchmarkRecord.read(tmp_path / "b.json") == benchmark
    assert benchmark.commit == records.current_commit()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not a ResultRecord, because the file: Invalid JSON"),
        (RECORD.model_dump_json().replace('"minutes":12.5', '"minutes":"long"'), "because minutes: "),
        (RECORD.model_dump_json().replace('"minutes"', '"hours"'), "because minutes: Field required"),
        (RECORD.model_dump_json().replace('"mean":0.2', '"mean":null'), r"because peers\.HOG\.acc@1\.mean: "),
    ],
)
def test_what_is_no_record_is_refused_by_its_key(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(VisavisError, match=message):
        ResultRecord.read(tmp_path / "r.json")


def test_missing_record(tmp_path: Path) -> None:
    with pytest.raises(VisavisError, match=r"absent\.json: cannot be read \(No such file"):
        ResultRecord.read(tmp_path / "absent.json")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
        command = ["git", *identity, *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    module = tmp_path / "src" / "records.py"
    module.parent.mkdir()
    module.touch()
    monkeypatch.setattr(records, "__file__", str(module))
    assert records.current_commit() == "unknown"

    git("init")
    (tmp_path / "notes").write_text("1")
    git("add", "notes")
    git("commit", "-m", "someone else's")
    assert records.current_commit() == "unknown", "installed into a repository of something else"

    git("add", ".")
    git("commit", "-m", "ours")
    head = git("rev-parse", "HEAD")[:12]
    assert records.current_commit() == head

    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.json").touch()
    assert records.current_commit() == head, "the records of a study do not make each other dirty"

    (tmp_path / "notes").write_text("2")
    assert records.current_commit() == f"{head}-dirty"


def test_the_commit_of_a_process_is_that_of_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    records.commit.cache_clear()
    answers = iter(["first", "second"])
    monkeypatch.setattr(records, "current_commit", lambda: next(answers))
    assert [records.commit() for _ in range(2)] == ["first", "first"]
    records.commit.cache_clear()
