"""The folder of an exported model: networks as ONNX, and `model.json`, which tells how they are used."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from visavis import __version__
from visavis.bundle import Bundle
from visavis.errors import VisavisError
from visavis.export.graph import Graph
from visavis.export.onnx_file import check_installed, write_onnx
from visavis.export.parity import TOLERANCE, largest_differences
from visavis.files import atomic_path, digest_file

FORMAT = 1
MANIFEST = "model.json"
TRACED = 2  # images; of a single one, the batch could not be told from 1


@dataclass(frozen=True)
class Exported:
    """A folder that was written, and how far ONNX Runtime was from torch; prints as a table.

    `differences` are shares of an output's largest value, by file and output.
    """

    folder: Path
    differences: dict[str, dict[str, float]]

    def __str__(self) -> str:
        rows = [
            f"{file:16s} {output:12s} {share:.1e}"
            for file, outputs in self.differences.items()
            for output, share in outputs.items()
        ]
        return "\n".join([f"{'file':16s} {'output':12s} largest difference from torch", *rows])


def export(bundle: Bundle, graphs: tuple[Graph, ...], folder: Path) -> Exported:
    """Write the networks of a bundle as ONNX files beside `model.json`, all of them or nothing.

    Args:
        bundle: whose networks they are.
        graphs: the networks, as `Method.graphs` gives them.
        folder: made here; an earlier export there is replaced.

    Raises:
        VisavisError: the packages of the extra are missing, the folder holds something else, or ONNX Runtime
            is further from torch than `TOLERANCE`.
    """
    check_installed()
    _check_folder(folder)
    differences: dict[str, dict[str, float]] = {}
    described = {}
    with atomic_path(folder) as staged:
        staged.mkdir()
        for graph in graphs:
            path, examples = staged / f"{graph.name}.onnx", graph.examples()
            opset = write_onnx(graph, examples[:TRACED], path)
            found = largest_differences(graph, path, examples)
            _check_differences(path.name, found)
            differences[path.name] = found
            described[path.name] = _described(graph, path, opset, found)
        manifest = _origin(bundle) | {"graphs": described}
        (staged / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return Exported(folder, differences)


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds more than an earlier export: it is going to be replaced."""
    if folder.is_file() or not folder.name:
        raise VisavisError(f"{folder}: cannot become the folder of an export; name a new one")
    present = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    if others := sorted(present - _files_of_export(folder)):
        raise VisavisError(f"{folder}: holds {others[0]}, which is of no export; name a new folder")


def _files_of_export(folder: Path) -> set[str]:
    """Names of the files of the export that stands there, if any does."""
    try:
        return {MANIFEST, *json.loads((folder / MANIFEST).read_text())["graphs"]}
    except (OSError, ValueError, LookupError, TypeError):
        return set()


def _check_differences(file: str, differences: dict[str, float]) -> None:
    for name, share in differences.items():
        if not share <= TOLERANCE:  # NaN is not either
            raise VisavisError(
                f"{file}: {name} differs by {share:.1e} of its largest value between ONNX Runtime and torch, "
                f"more than {TOLERANCE:.0e}; nothing was written, try other versions of the two"
            )


def _origin(bundle: Bundle) -> dict[str, Any]:
    """Where the networks come from, under which terms, and what they know."""
    config = bundle.config
    return {
        "format": FORMAT,
        "visavis": __version__,
        "method": config.method,
        "contract": bundle.contract,
        "data": config.training.get("data", []),
        "labels": config.labels,
        "calibration": config.calibration,
    }


def _described(graph: Graph, path: Path, opset: int, differences: dict[str, float]) -> dict[str, Any]:
    preparations = [
        {key: value for key, value in asdict(one).items() if value is not None} for one in graph.preparations
    ]
    return {
        "sha256": digest_file(path),
        "opset": opset,
        "input": {
            "name": graph.input,
            "type": "float32",
            "shape": graph.shape,
            "range": [0, 1],
            "preparations": preparations,
        },
        "outputs": [
            {"type": "float32"} | asdict(output) | {"largest_difference": differences[output.name]}
            for output in graph.outputs
        ],
    }
