"""`export` in-process: what it prints, writes and refuses; and that nothing else needs its packages."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import visavis
from visavis.bundle import BundleConfig, read_bundle, write_bundle
from visavis.methods.pretraining.model import PretrainingNet


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The bundle of a trunk as it starts."""
    net = {"backbone": "small", "hidden": 0, "embedding": 8}
    weights = PretrainingNet("small", 0, 8).state_dict()
    settings = {"net": net, "page": 112}
    config = BundleConfig(method="pretraining", settings=settings, recipe={}, training={})
    return write_bundle(tmp_path / "model", dict(weights), config, "").path


def test_a_model_is_exported(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "out"
    status, printed, error = visavis("export", model, "--out", out)
    assert (status, error) == (0, "")
    table = r"file +output +largest difference from torch\nmodel\.onnx +embedding +\d\.\de-\d\d\n"
    assert re.fullmatch(rf"{table}exported: {out}\n", printed)
    assert sorted(path.name for path in out.iterdir()) == ["model.json", "model.onnx"]
    manifest = json.loads((out / "model.json").read_text())
    assert manifest["contract"] == read_bundle(model).contract
    assert manifest["graphs"]["model.onnx"]["input"]["shape"] == ["B", 1, 112, 112]


def test_what_is_refused(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    status, printed, error = visavis("export", model, "--out", tmp_path / "file")
    assert (status, printed) == (2, "")
    assert error == f"error: {tmp_path}/file: cannot become the folder of an export; name a new one\n"
    status, printed, error = visavis("export", model, "--out", tmp_path / "file" / "x")
    assert (status, printed) == (2, "")
    assert error.startswith(f"error: {tmp_path}/file/x: cannot be written (")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    status, printed, error = visavis("export", model, "--out", tmp_path / "out")
    assert (status, printed) == (2, "")
    assert error.startswith("error: exporting needs a working onnx, onnxscript, onnxruntime (")
    assert error.endswith("); pip install 'visavis[export]'\n")
    assert not (tmp_path / "out").exists()


def test_nothing_else_imports_its_packages() -> None:
    code = (
        "import sys, visavis.cli, visavis.export.folder, visavis.methods as methods\n"
        "visavis.cli.build()\n"
        "for name in methods.METHODS: methods.get_method(name)\n"
        "print({name.partition('.')[0] for name in sys.modules} & {'onnx', 'onnxscript', 'onnxruntime'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
