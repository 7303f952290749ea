"""What an export writes, what it refuses, and that it writes all or nothing."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from visavis.bundle import Bundle, BundleConfig
from visavis.errors import VisavisError
from visavis.export.folder import export
from visavis.export.graph import Graph, Output
from visavis.features import preparation
from visavis.files import digest_file

SIDE = 6


class Halves(nn.Module):
    """The sums over the upper and over the lower half of each photo, and the photo doubled."""

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> tuple[Tensor, Tensor]:
        halves = rearrange(photos, "b c (half h) w -> b half (c h w)", half=2).sum(-1)
        return halves, 2 * photos


class Restless(nn.Module):
    """Another answer each time; the exporter writes down the first."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Tensor:
        self.calls += 1
        return photos.sum((1, 2, 3)) + self.calls


class Undefined(nn.Module):
    """No number, in torch and in ONNX Runtime alike."""

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Tensor:
        return (photos.sum((1, 2, 3)) - 1e6).log()


def graph(module: nn.Module, *outputs: Output, name: str = "model") -> Graph:
    read = (preparation.frame(SIDE, 0.5, 0.1),)
    return Graph(name, module, "photos", ("B", 3, SIDE, SIDE), read, outputs, lambda: torch.rand(4, 3, 6, 6))


def halves(name: str = "model") -> Graph:
    sums = Output("sums", ("B", 2), "Light above and below.")
    return graph(Halves(), sums, Output("doubled", ("B", 3, SIDE, SIDE), "Twice as much."), name=name)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    config = BundleConfig(
        method="pretraining",
        settings={},
        labels=["light"],
        calibration={"temperature.light": 2.0},
        recipe={},
        training={"data": [{"name": "mine", "digest": "0", "terms": "nobody else's"}]},
    )
    return Bundle(tmp_path, config, {})


def test_the_file_gives_what_torch_gives(bundle: Bundle, tmp_path: Path) -> None:
    done = export(bundle, (halves(),), tmp_path / "out")
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx")
    for batch in (1, 3, 7):
        photos = torch.rand(batch, 3, SIDE, SIDE)
        sums, doubled = session.run(None, {"photos": photos.numpy()})
        above, below = (photos[:, :, rows].sum((1, 2, 3)).numpy() for rows in (slice(3), slice(3, 6)))
        np.testing.assert_allclose(sums, np.stack([above, below], 1), rtol=1e-5)
        np.testing.assert_array_equal(doubled, 2 * photos.numpy())
    assert set(done.differences) == {"model.onnx"}
    assert done.differences["model.onnx"]["doubled"] == 0
    assert 0 <= done.differences["model.onnx"]["sums"] < 1e-6
    assert str(done).splitlines()[2] == "model.onnx       doubled      0.0e+00"


def test_the_file_names_no_folder_of_this_computer(bundle: Bundle, tmp_path: Path) -> None:
    export(bundle, (halves(),), tmp_path / "out")
    content = (tmp_path / "out" / "model.onnx").read_bytes()
    assert str(Path(__file__).parent).encode() not in content


def test_the_manifest_says_how_to_feed_and_read(bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(bundle, (halves("upper"), halves("lower")), out)
    manifest = json.loads((out / "model.json").read_text())
    assert sorted(path.name for path in out.iterdir()) == ["lower.onnx", "model.json", "upper.onnx"]
    assert {key: value for key, value in manifest.items() if key not in ("graphs", "visavis")} == {
        "format": 1,
        "method": "pretraining",
        "contract": bundle.contract,
        "data": [{"name": "mine", "digest": "0", "terms": "nobody else's"}],
        "labels": ["light"],
        "calibration": {"temperature.light": 2.0},
    }
    assert list(manifest["graphs"]) == ["upper.onnx", "lower.onnx"]
    for file, described in manifest["graphs"].items():
        session = onnxruntime.InferenceSession(out / file)
        assert described["sha256"] == digest_file(out / file)
        for one, true in zip(
            [described["input"], *described["outputs"]],
            [*session.get_inputs(), *session.get_outputs()],
            strict=True,
        ):
            assert (one["name"], one["shape"], f"tensor({one['type'][:-2]})") == (
                true.name,
                true.shape,
                true.type,
            )
        assert described["outputs"][0]["meaning"] == "Light above and below."
        assert described["input"]["range"] == [0, 1]
        (read,) = described["input"]["preparations"]
        assert (read["image"], read["colours"], read["side"]) == ("photo", "RGB", SIDE)
        assert (read["share"], read["down"]) == (0.5, 0.1)


@pytest.mark.parametrize(
    ("module", "share"), [(Restless(), r"\d\.\de-0\d"), (Undefined(), "nan")], ids=["another", "none"]
)
def test_what_differs_is_not_written(bundle: Bundle, tmp_path: Path, module: nn.Module, share: str) -> None:
    out = tmp_path / "out"
    broken = graph(module, Output("sum", ("B",), ""), name="broken")
    with pytest.raises(VisavisError, match=rf"^broken.onnx: sum differs by {share} of its largest value"):
        export(bundle, (halves(), broken), out)
    assert list(tmp_path.iterdir()) == []


def test_only_an_earlier_export_is_replaced(bundle: Bundle, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(bundle, (halves("old"),), out)
    export(bundle, (halves(),), out)
    assert sorted(path.name for path in out.iterdir()) == ["model.json", "model.onnx"]
    (out / "notes.txt").touch()
    with pytest.raises(VisavisError, match=r"out: holds notes.txt, which is of no export; name a new folder"):
        export(bundle, (halves("new"),), out)
    (out / "notes.txt").unlink()
    (out / "model.json").write_text("{}")
    with pytest.raises(VisavisError, match=r"out: holds model.json, which is of no export"):
        export(bundle, (halves("new"),), out)
    assert sorted(path.name for path in out.iterdir()) == ["model.json", "model.onnx"]
    with pytest.raises(VisavisError, match=r"model.onnx: cannot become the folder of an export"):
        export(bundle, (halves(),), out / "model.onnx")


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_a_missing_extra_is_told(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(VisavisError, match=rf" of {package} .*\); pip install 'visavis\[export\]'$"):
        export(bundle, (halves(),), tmp_path / "out")
    assert not (tmp_path / "out").exists()
