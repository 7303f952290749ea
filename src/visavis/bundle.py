"""A trained model on disk: `model.safetensors`, `config.json`, `card.md`. No pickle, atomic, versioned."""

import hashlib
import json
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from visavis.errors import VisavisError
from visavis.files import atomic_path

FORMAT = 1
SHARES = ("hog_weight",)  # calibration that divides a whole
WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "card.md"


class BundleConfig(BaseModel):
    """What a bundle says of itself.

    `settings` is the method's own: how to build the net again and how to prepare its input. `labels` names
    its attributes or classes, `calibration` holds thresholds, score weights and temperatures,
    `training` tells data, digest, seed, steps and minutes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = FORMAT
    method: str
    settings: dict[str, Any]
    labels: list[str] = []
    calibration: dict[str, float] = {}
    recipe: dict[str, Any]
    training: dict[str, Any]
    weights_sha256: str = ""
    config_sha256: str = ""

    def digest(self) -> str:
        """SHA-256 of everything here but the digest itself."""
        content = self.model_dump(mode="json", exclude={"config_sha256"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Bundle:
    """A bundle in memory."""

    path: Path
    config: BundleConfig
    weights: dict[str, Tensor]

    @property
    def contract(self) -> str:
        """Hash of weights, settings and calibration: two bundles of one contract give the same vectors."""
        config = self.config
        parts = [config.method, config.settings, config.labels, config.calibration, config.weights_sha256]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def round_weights(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Round to what a bundle stores: matrices and filters to float16, vectors (biases, statistics) float32.

    Batch statistics span more orders of magnitude than float16 does, and cost next to nothing.
    """
    return {
        name: value.detach().cpu().to(torch.float16 if value.ndim > 1 else torch.float32).contiguous()
        if value.is_floating_point()
        else value.detach().cpu().contiguous()
        for name, value in weights.items()
    }


def write_bundle(path: Path, weights: dict[str, Tensor], config: BundleConfig, card: str) -> Bundle:
    """Write a bundle atomically, replacing one that may stand at `path`, and return it as read back.

    Args:
        path: folder of the bundle.
        weights: state of the network, rounded here by `round_weights`.
        config: its digests are filled in here.
        card: Markdown text of the model card.
    """
    content = save(round_weights(weights))
    config = config.model_copy(update={"weights_sha256": hashlib.sha256(content).hexdigest()})
    config = config.model_copy(update={"config_sha256": config.digest()})
    with atomic_path(path) as staged:
        staged.mkdir()
        (staged / WEIGHTS).write_bytes(content)
        (staged / CONFIG).write_text(json.dumps(config.model_dump(), indent=2) + "\n")
        (staged / CARD).write_text(card)
    return read_bundle(path)


def find_bundle(source: str | Path) -> Path:
    """The folder of a bundle: a bundle, a run that has ended in one, or the name of one in `models/`.

    `models/` is looked for in the working folder, in `VISAVIS_MODELS`, and beside the source tree.

    Raises:
        VisavisError: there is no such bundle.
    """
    beside = Path(__file__).parents[2] / "models"
    places = [Path("models"), Path(os.environ.get("VISAVIS_MODELS", "models")), beside]
    candidates = [Path(source), Path(source) / "bundle", *(place / source for place in places)]
    for candidate in candidates:
        if (candidate / CONFIG).is_file():
            return candidate
    known = sorted({folder.parent.name for place in places for folder in place.glob(f"*/{CONFIG}")})
    raise VisavisError(
        f"{source}: no bundle there and none of that name; known by name: {', '.join(known) or 'none'}; "
        f"train one with 'visavis train'"
    )


def lasting_name(source: str) -> str:
    """How `find_bundle` finds a bundle from any folder: a path is made absolute, a name stays as it is."""
    by_path = any((folder / CONFIG).is_file() for folder in (Path(source), Path(source) / "bundle"))
    return str(Path(source).absolute()) if by_path else source


def read_bundle(path: Path, method: str | None = None) -> Bundle:
    """Read a bundle and check that it is whole, unaltered and of the wanted method.

    Weights come back as float32.

    Raises:
        VisavisError: naming the file and what is wrong with it.
    """
    if not (path / CONFIG).is_file() or not (path / WEIGHTS).is_file():
        raise VisavisError(
            f"{path}: not a bundle ({CONFIG} or {WEIGHTS} is missing); train one with 'visavis train'"
        )
    config = _read_config(path / CONFIG)
    if method is not None and config.method != method:
        raise VisavisError(f"{path}: a bundle of method '{config.method}', but '{method}' is needed here")
    content = (path / WEIGHTS).read_bytes()
    if hashlib.sha256(content).hexdigest() != config.weights_sha256:
        raise VisavisError(
            f"{path / WEIGHTS}: altered or damaged since it was written; copy or train it again"
        )
    try:
        weights = load(content)
    except SafetensorError as error:
        raise VisavisError(f"{path / WEIGHTS}: not a safetensors file ({error})") from error
    return Bundle(path, config, {k: v.float() if v.is_floating_point() else v for k, v in weights.items()})


def recalibrated(bundle: Bundle, settings: list[str]) -> Bundle:
    """The bundle with other calibration, given as KEY=NUMBER, noted in the name of its recipe.

    Raises:
        VisavisError: the bundle has no such key, or the value is no number that it may have.
    """
    calibration = dict(bundle.config.calibration)
    for setting in settings:
        key, _, value = setting.partition("=")
        if key not in calibration:
            raise VisavisError(
                f"{bundle.path}: no calibration '{key}'; it has {', '.join(calibration) or 'none'}"
            )
        calibration[key] = _number(setting, value, is_share=key in SHARES)
    name = ", ".join([bundle.config.recipe["name"], *settings])
    recipe = bundle.config.recipe | {"name": name}
    config = bundle.config.model_copy(update={"calibration": calibration, "recipe": recipe})
    return replace(bundle, config=config)


def _number(setting: str, text: str, *, is_share: bool) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise VisavisError(f"calibration '{setting}' is not KEY=NUMBER") from error
    highest = 1.0 if is_share else sys.float_info.max
    if not 0 <= value <= highest:  # NaN is not either
        allowed = "from 0 to 1" if is_share else "of 0 or more"
        raise VisavisError(f"calibration '{setting}' is out of range; give a number {allowed}")
    return value


def _read_config(path: Path) -> BundleConfig:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise VisavisError(f"{path}: cannot be read as JSON ({error})") from error
    version = content.get("format") if isinstance(content, dict) else None
    if version != FORMAT:
        raise VisavisError(
            f"{path}: bundle format {version}, but this visavis reads format {FORMAT}; update visavis"
        )
    try:
        config = BundleConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise VisavisError(
            f"{path}: key '{'.'.join(map(str, first['loc']))}': {first['msg'].lower()}"
        ) from error
    if config.digest() != config.config_sha256:
        raise VisavisError(f"{path}: altered since it was written; copy or train the bundle again")
    return config
