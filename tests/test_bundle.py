"""Bundles: equal after reading, refused when altered or of another method."""

import json
from pathlib import Path

import pytest
import torch

from visavis.bundle import (
    CONFIG,
    WEIGHTS,
    Bundle,
    BundleConfig,
    find_bundle,
    lasting_name,
    read_bundle,
    recalibrated,
    round_weights,
    write_bundle,
)
from visavis.errors import VisavisError

CONFIGURATION = BundleConfig(
    method="sketch_retrieval",
    settings={"page": 112},
    labels=["heel"],
    calibration={"attribute_weight": 0.1},
    recipe={"name": "tiny"},
    training={"seed": 0},
)
NET = {"layer.weight": torch.randn(3, 4), "layer.bias": torch.full((3,), 1e-9), "count": torch.tensor(7)}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return write_bundle(tmp_path / "model", NET, CONFIGURATION, "# card\n")


def test_round_trip(bundle: Bundle) -> None:
    again = read_bundle(bundle.path, method="sketch_retrieval")
    assert again.config == bundle.config
    assert again.contract == bundle.contract
    assert torch.equal(again.weights["layer.weight"], NET["layer.weight"].half().float())
    assert torch.equal(again.weights["layer.bias"], NET["layer.bias"])  # 1e-9 would vanish in float16
    assert torch.equal(again.weights["count"], NET["count"])
    assert (bundle.path / "card.md").read_text() == "# card\n"


def test_rounding_twice_is_rounding_once() -> None:
    once = round_weights(NET)
    assert all(torch.equal(value, once[name]) for name, value in round_weights(once).items())


def test_contract_changes_with_weights_and_calibration(bundle: Bundle, tmp_path: Path) -> None:
    other_weights = write_bundle(tmp_path / "w", {**NET, "count": torch.tensor(8)}, CONFIGURATION, "")
    heavier = CONFIGURATION.model_copy(update={"calibration": {"attribute_weight": 0.2}})
    other_calibration = write_bundle(tmp_path / "c", NET, heavier, "")
    moved = write_bundle(tmp_path / "elsewhere", NET, CONFIGURATION, "another card")
    assert len({bundle.contract, other_weights.contract, other_calibration.contract}) == 3
    assert moved.contract == bundle.contract


def test_another_method_is_refused(bundle: Bundle) -> None:
    with pytest.raises(VisavisError, match="of method 'sketch_retrieval', but 'pretraining' is needed"):
        read_bundle(bundle.path, method="pretraining")


def test_altered_weights_are_refused(bundle: Bundle) -> None:
    weights = bundle.path / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(VisavisError, match=r"model\.safetensors: altered or damaged"):
        read_bundle(bundle.path)


def test_altered_settings_are_refused(bundle: Bundle) -> None:
    config = bundle.path / CONFIG
    config.write_text(config.read_text().replace('"page": 112', '"page": 128'))
    with pytest.raises(VisavisError, match=r"config\.json: altered"):
        read_bundle(bundle.path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("{}", "bundle format None"),
        ('{"format": 99}', "format 99"),
        ("[1]", "format None"),
    ],
)
def test_broken_config_is_named(bundle: Bundle, content: str, message: str) -> None:
    (bundle.path / CONFIG).write_text(content)
    with pytest.raises(VisavisError, match=message) as caught:
        read_bundle(bundle.path)
    assert "config.json" in str(caught.value)


def test_misspelt_key_is_named(bundle: Bundle) -> None:
    content = json.loads((bundle.path / CONFIG).read_text())
    content["lables"] = content.pop("labels")
    (bundle.path / CONFIG).write_text(json.dumps(content))
    with pytest.raises(VisavisError, match="key 'lables'"):
        read_bundle(bundle.path)


def test_half_written_bundle_leaves_the_old_one(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "write_text", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_bundle(bundle.path, {"layer.weight": torch.zeros(1, 1)}, CONFIGURATION, "")
    monkeypatch.undo()
    assert read_bundle(bundle.path).contract == bundle.contract
    assert [path.name for path in bundle.path.parent.iterdir()] == ["model"]


def test_recalibrated(bundle: Bundle) -> None:
    other = recalibrated(bundle, ["attribute_weight=0"])
    assert other.config.calibration == {"attribute_weight": 0.0}
    assert other.config.recipe["name"] == "tiny, attribute_weight=0"
    assert other.contract != bundle.contract
    assert recalibrated(bundle, []).config == bundle.config
    with pytest.raises(VisavisError, match="no calibration 'weight'; it has attribute_weight"):
        recalibrated(bundle, ["weight=0"])
    with pytest.raises(VisavisError, match="'attribute_weight=none' is not KEY=NUMBER"):
        recalibrated(bundle, ["attribute_weight=none"])


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ("hog_weight=2", "from 0 to 1"),
        ("hog_weight=-0.1", "from 0 to 1"),
        ("hog_weight=nan", "from 0 to 1"),
        ("attribute_weight=-1", "of 0 or more"),
        ("attribute_weight=nan", "of 0 or more"),
        ("attribute_weight=inf", "of 0 or more"),
    ],
)
def test_calibration_out_of_range_is_refused(tmp_path: Path, setting: str, allowed: str) -> None:
    calibration = {"attribute_weight": 0.1, "hog_weight": 0.5}
    config = CONFIGURATION.model_copy(update={"calibration": calibration})
    bundle = write_bundle(tmp_path / "model", NET, config, "")
    with pytest.raises(VisavisError, match=f"'{setting}' is out of range; give a number {allowed}"):
        recalibrated(bundle, [setting])
    highest = recalibrated(bundle, ["hog_weight=1", "attribute_weight=2"]).config.calibration
    assert highest == {"hog_weight": 1.0, "attribute_weight": 2.0}


def test_lasting_name_is_absolute_for_a_path_only(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bundle.path.parent)
    monkeypatch.setenv("VISAVIS_MODELS", str(bundle.path.parent))
    assert lasting_name("model") == str(bundle.path)
    monkeypatch.chdir(bundle.path)
    assert lasting_name("model") == "model"


def test_found_by_name(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISAVIS_MODELS", str(bundle.path.parent))
    assert find_bundle("model") == bundle.path
    assert find_bundle(bundle.path) == bundle.path
    with pytest.raises(VisavisError, match=r"known by name: .*model"):
        find_bundle("modle")
