"""Frames, relations, datasets and streams of record batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, cast

from ..errors import F1Error
from .batches import ROWS, Columns, Source, arrays, reading
from .selection import Selection


class Stream(Source):
    """Record batches from anywhere."""

    def __init__(
        self, name: str, names: Iterable[str], parts: Callable[[list[str]], Iterable[Any]]
    ) -> None:
        self.name, self.names, self._parts = name, list(names), parts

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, in batches of moderate size."""
        with reading(self.name):
            yield from arrays(self._parts(chosen.all), chosen.all)


def as_stream(value: Any) -> Source | None:
    """A frame, a relation, a dataset or a stream as a source; None if it is none of them."""
    home = type(value).__module__.partition(".")[0]
    if home in ("duckdb", "_duckdb") and hasattr(value, "project"):
        return Stream("the DuckDB relation", value.columns, partial(_of_duckdb, value))
    if home == "polars" and hasattr(value, "collect_schema") and not hasattr(value, "to_arrow"):
        names = value.collect_schema().names()
        return Stream("the LazyFrame", names, partial(_of_polars, value))
    if hasattr(value, "scanner") and hasattr(value, "schema"):
        return Stream("the dataset", value.schema.names, partial(_of_dataset, value))
    if hasattr(value, "__arrow_c_stream__"):
        with reading(f"the {type(value).__name__}"):
            import pyarrow as pa

            reader = pa.RecordBatchReader.from_stream(value)
            return Stream(f"the {type(value).__name__}", reader.schema.names, lambda _: reader)
    return None


def _of_duckdb(relation: Any, columns: list[str]) -> Iterable[Any]:
    quoted = (name.replace('"', '""') for name in columns)
    chosen = relation.project(", ".join(f'"{name}"' for name in quoted))
    read = getattr(chosen, "to_arrow_reader", None) or chosen.fetch_record_batch
    return cast(Iterable[Any], read(ROWS))


def _of_polars(frame: Any, columns: list[str]) -> Iterator[Any]:
    if not hasattr(frame, "collect_batches"):
        raise F1Error("this version of polars hands out no batches: use a newer one, or collect()")
    for part in frame.select(columns).collect_batches(chunk_size=ROWS, maintain_order=True):
        yield from part.to_arrow().to_batches()


def _of_dataset(dataset: Any, columns: list[str]) -> Iterable[Any]:
    scan = dataset.scanner(columns=columns, batch_size=ROWS, batch_readahead=4)
    return cast(Iterable[Any], scan.to_batches())
