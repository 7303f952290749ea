"""The history of a run: read as far as it is whole, and told where it is none."""

from pathlib import Path

import pytest

from visavis.errors import VisavisError
from visavis.training.history import NAME, read_history


def test_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    assert read_history(tmp_path).is_empty()
    (tmp_path / NAME).write_text("step,name,value\n1,loss,0.5\n2,loss,0.")
    assert read_history(tmp_path).rows() == [(1, "loss", 0.5)]


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\xff\n\x00\n",
        b"",
        b"step,name,value\none,loss,0.5\n",
        b"step,name,value\n1,loss,0.5,6\n",
        b"step,name,value\n1,\xff\xfe,0.5\n",
        b"<html>\n",
    ],
)
def test_a_garbled_history_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(
        VisavisError, match=r"history\.csv: is damaged \(.+\); delete it, and its run goes on"
    ):
        read_history(tmp_path)
