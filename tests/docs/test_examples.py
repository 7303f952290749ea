from pathlib import Path
from runpy import run_path

import pytest

from tests.docs.pages import ROOT
from visavis.datasets import open_dataset


def test_own_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shoes = "rendered-shoes-40"
    sketch = open_dataset(shoes).select(split="test", domain="sketch").items["path"][0]
    example = run_path(str(ROOT / "examples" / "own_images.py"))
    example["main"](shoes, Path(sketch), "sketch_retrieval/tiny", tmp_path)
    assert (tmp_path / "answers.png").is_file()
    ranks = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.endswith(".jpg")]
    assert ranks == ["1", "2", "3", "4", "5"]
