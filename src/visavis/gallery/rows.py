"""The rows of a gallery in Arrow: five columns of text, the embedding, the attribute probabilities."""

import numpy as np
import polars as pl
import pyarrow as pa
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict

TEXT_COLUMNS = ["id", "path", "label", "domain", "digest"]
SETTINGS_KEY = b"visavis"


class GallerySettings(BaseModel):
    """What every row of a gallery has in common; fixed when the gallery is created."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    contract: str
    dimension: int
    attributes: list[str]
    attribute_weight: float
    model: str


def schema_of(settings: GallerySettings) -> pa.Schema:
    """Columns of such a gallery, and its settings as metadata; no attributes, no column for them."""
    columns = [pa.field(name, pa.string(), nullable=name == "label") for name in TEXT_COLUMNS]
    columns.append(pa.field("embedding", pa.list_(pa.float32(), settings.dimension), nullable=False))
    if settings.attributes:
        kind = pa.list_(pa.float32(), len(settings.attributes))
        columns.append(pa.field("probabilities", kind, nullable=False))
    return pa.schema(columns, metadata={SETTINGS_KEY: settings.model_dump_json()})


def settings_of(schema: pa.Schema) -> GallerySettings:
    """The settings that a schema carries; TypeError, KeyError or ValueError where it is no gallery's."""
    return GallerySettings.model_validate_json(schema.metadata[SETTINGS_KEY])


def to_rows(
    items: pl.DataFrame,
    embeddings: Float[np.ndarray, "N D"],
    probabilities: Float[np.ndarray, "N K"] | None,
    settings: GallerySettings,
) -> pa.Table:
    """Items and what a model says of them, as rows; more columns of `items` are left out."""
    columns = [*items.select(TEXT_COLUMNS).cast(pl.String).to_arrow().columns, _vectors(embeddings)]
    if settings.attributes:
        if probabilities is None:
            raise ValueError("this gallery has attributes: each batch needs their probabilities")
        columns.append(_vectors(probabilities))
    schema = schema_of(settings)
    columns = [column.cast(kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.table(columns, schema=schema)


def to_matrix(column: pa.ChunkedArray) -> Float[np.ndarray, "N D"]:
    """A column of vectors as one array."""
    vectors = column.combine_chunks()
    return np.asarray(vectors.flatten()).reshape(-1, vectors.type.list_size)


def to_frame(rows: pa.Table) -> pl.DataFrame:
    """Rows as a polars table."""
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _vectors(rows: Float[np.ndarray, "N D"]) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.astype(np.float32).ravel()), rows.shape[1])
