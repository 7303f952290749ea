"""What a paper prints: `methods/<method>/paper.yaml`, to stand beside our own records.

source: Song et al., BMVC 2016, table 1
data:
  qmul-shoe-v1:
    - {name: full model, metrics: {acc@1: 50.43, acc@10: 91.30}}     # per cent, named as in the records
"""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from visavis.errors import VisavisError


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PaperRow(_Strict):
    """One published line; `metrics` in per cent, `protocol` where it needs saying how they were counted."""

    name: str
    protocol: str = ""
    metrics: dict[str, float]


class PaperTable(_Strict):
    """Published lines for each data set, in the paper's order."""

    source: str
    data: dict[str, list[PaperRow]]


def read_paper(path: Path) -> PaperTable:
    """Read `paper.yaml`; raises VisavisError naming the key that is wrong."""
    try:
        return PaperTable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise VisavisError(f"{path}: is not YAML ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise VisavisError(f"{path}: {key}: {first['msg']}") from None
