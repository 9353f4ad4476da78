"""Sources: columns of files, frames and streams, a batch of rows at a time."""

from __future__ import annotations

import glob
import itertools
import mmap
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from ..counts import Array
from ..errors import F1Error, counted_from, missing, one_of, shown
from ..foreign import to_numpy
from . import arrow
from .archives import ArrayFile
from .selection import Selection

T = TypeVar("T")
Columns = dict[str, Array]

_BYTES = 1 << 23  # of one batch, about: small beside 300 MB, large beside the cost of a call
_ROWS = 1 << 17  # in one batch at most


class Source(ABC):
    """Rows of named columns, to be read once."""

    name: str  # what an error calls it
    names: list[str]  # its columns
    whole: str | None = None  # the name of all columns together, which no pattern means
    rows: int | None = None  # where that is known without reading them

    @abstractmethod
    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""


def opened(paths: Any) -> Iterator[Source]:
    """The sources behind paths, frames and streams, each opened when its turn comes.

    Raises
    ------
    F1Error
        If there is none, or one that cannot be read.
    """
    if _is_path(paths):
        yield from map(open_file, found(paths))
        return
    stream = _stream(paths)
    if stream is not None:
        yield stream
        return
    if not isinstance(paths, Iterable):
        raise F1Error(f"{shown(paths)} is no path, no frame and no stream of record batches")
    entries = iter(paths)
    given = list(itertools.islice(entries, 1))
    if given and hasattr(given[0], "column") and hasattr(given[0], "schema"):  # record batches
        parts = itertools.chain(given, entries)
        yield _Stream("the stream of batches", given[0].schema.names, lambda _: parts)
        return
    given += entries
    if all(map(_is_path, given)):
        yield from map(open_file, found(given))
        return
    for entry in given:
        yield from opened(entry)


def found(paths: Any) -> list[Path]:
    """The files behind a path, a list, a folder or a pattern, in sorted order.

    Raises
    ------
    F1Error
        If there is none, or one of a kind that cannot be read.
    """
    given = [paths] if _is_path(paths) else list(paths)
    files: list[Path] = []
    for entry in given:
        path = Path(entry)
        if path.is_dir():
            here = [p for p in path.rglob("*") if p.suffix in _KINDS and p.is_file()]
            here = [p for p in here if not p.name.startswith((".", "_"))]  # Spark's own, macOS's
            if not here:
                raise F1Error(f"{path} is a folder that holds no file that can be scored")
            files += sorted(here)
        elif path.exists():
            files.append(path)
        elif glob.has_magic(str(entry)):
            matches = sorted(glob.glob(str(entry), recursive=True))
            if not matches:
                raise F1Error(f"no file matches {entry}")
            files += found(matches)
        else:
            raise F1Error(f"{path} does not exist")
    if not files:
        raise F1Error("paths is empty; name at least one file")
    for path in files:
        if path.suffix not in _KINDS:
            raise F1Error(f"{path}: " + one_of("the ending", path.suffix, _KINDS))
    return files


def open_file(path: Path) -> Source:
    """One file by its ending.

    Raises
    ------
    F1Error
        If it cannot be read, or pyarrow is missing.
    """
    with reading(str(path)):
        return _KINDS[path.suffix](path)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Whatever a reader raises as one sentence that names the source."""
    try:
        yield
    except F1Error as error:
        raise F1Error(f"{name}: {error}") from None
    except ImportError:
        raise missing(f"reading {name}", "pyarrow", "cli") from None
    except Exception as error:  # a damaged file raises one of many kinds
        lines = str(error).splitlines() or [type(error).__name__]
        raise F1Error(f"{name} cannot be read: {lines[0]}") from error


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, the next one being made in a thread while the last one is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="f1core-ahead") as reader:
        pending: Any = reader.submit(next, iterator, end)
        while (item := pending.result()) is not end:
            pending = reader.submit(next, iterator, end)
            yield item


def step(row_bytes: float) -> int:
    """How many rows of so many bytes make a batch."""
    return max(1, min(_ROWS, int(_BYTES / max(1, row_bytes))))


class _Parquet(Source):
    """A Parquet file, page by page: whole column chunks of a wide file would fill the memory."""

    def __init__(self, path: Path) -> None:
        from pyarrow.parquet import ParquetFile, read_metadata

        width = read_metadata(path).num_columns
        buffer = max(1 << 15, min(1 << 20, (1 << 25) // max(1, width)))
        self._file = ParquetFile(path, buffer_size=buffer, pre_buffer=False)
        self.name, self.names = str(path), list(self._file.schema_arrow.names)
        self.rows = int(self._file.metadata.num_rows)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        about = self._file.metadata
        groups = range(about.num_row_groups)
        size = sum(about.row_group(group).total_byte_size for group in groups)
        each = max(8.0, size / max(1, about.num_rows) / len(self.names)) * len(chosen.all)
        with reading(self.name), self._file:
            parts = self._file.iter_batches(step(each), columns=chosen.all, use_threads=False)
            yield from _arrays(parts, chosen.all)


class _Ipc(Source):
    """An Arrow IPC file or stream, mapped: a batch in it may be of any size."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._buffer = pa.py_buffer(self._map)
        self._listed = self._map[:6] == b"ARROW1"
        reader = pa.ipc.open_file if self._listed else pa.ipc.open_stream
        self.name, self.names = str(path), list(reader(self._buffer).schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        with reading(self.name):
            for columns in _arrays(self._parts(), chosen.all):
                yield columns
                if hasattr(mmap, "MADV_DONTNEED"):  # pages that were read are not kept
                    self._map.madvise(mmap.MADV_DONTNEED)

    def _parts(self) -> Iterator[Any]:
        """Whole batches: `included_fields` would copy what lies mapped (846 MB for 384)."""
        import pyarrow as pa

        if not self._listed:
            yield from pa.ipc.open_stream(self._buffer)
            return
        reader = pa.ipc.open_file(self._buffer)
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)


class _Csv(Source):
    """A CSV file; each column's type is read off the first megabyte."""

    def __init__(self, path: Path) -> None:
        from pyarrow import csv

        self._path = path
        with csv.open_csv(path) as reader:
            self._schema = reader.schema
        self.name, self.names = str(path), list(self._schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        import pyarrow as pa
        from pyarrow import csv

        kinds = {name: self._schema.field(name).type for name in chosen.all}
        if any(pa.types.is_floating(kinds[name]) for name in chosen.probabilities):
            for name in chosen.probabilities:  # a rare class may be 0 and 0 for a long time
                if pa.types.is_integer(kinds[name]):
                    kinds[name] = pa.float64()
        options = csv.ConvertOptions(include_columns=chosen.all, column_types=kinds)
        with reading(self.name), csv.open_csv(self._path, convert_options=options) as reader:
            yield from _arrays(reader, chosen.all)


class _Arrays(Source):
    """An .npy or .npz file; the target of an .npy may be an .npy of its own."""

    def __init__(self, path: Path) -> None:
        self._file = ArrayFile(path)
        self.name, self.names, self.rows = str(path), self._file.names, self._file.rows
        self.whole = path.stem if path.suffix == ".npy" else None

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        here = [name for name in chosen.all if name in self.names]
        beside = {name: ArrayFile(Path(name)) for name in chosen.all if name not in self.names}
        for name, file in beside.items():
            if file.rows != self.rows:
                raise F1Error(f"{self.name} has {self.rows} rows, {name} has {file.rows}")
        size = sum(self._file.row_bytes(name) for name in here)
        rows = step(size + sum(file.row_bytes(file.path.stem) for file in beside.values()))
        others = {n: f.arrays([f.path.stem], rows) for n, f in beside.items()}
        with reading(self.name):
            for block in self._file.arrays(here, rows):
                for name, blocks in others.items():
                    block[name] = next(blocks)[Path(name).stem]
                yield {name: to_numpy(block[name], name) for name in chosen.all}


class _Stream(Source):
    """Record batches from anywhere."""

    def __init__(
        self, name: str, names: Iterable[str], parts: Callable[[list[str]], Iterable[Any]]
    ) -> None:
        self.name, self.names, self._parts = name, list(names), parts

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        with reading(self.name):
            yield from _arrays(self._parts(chosen.all), chosen.all)


_KINDS: dict[str, Callable[[Path], Source]] = {
    ".parquet": _Parquet,
    ".arrow": _Ipc,
    ".feather": _Ipc,
    ".ipc": _Ipc,
    ".csv": _Csv,
    ".npy": _Arrays,
    ".npz": _Arrays,
}


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def _stream(value: Any) -> Source | None:
    """A frame, a relation, a dataset or a stream as a source; None if it is none of them."""
    home = type(value).__module__.partition(".")[0]
    if home in ("duckdb", "_duckdb") and hasattr(value, "project"):
        return _Stream("the DuckDB relation", value.columns, partial(_of_duckdb, value))
    if home == "polars" and hasattr(value, "collect_schema") and not hasattr(value, "to_arrow"):
        names = value.collect_schema().names()
        return _Stream("the LazyFrame", names, partial(_of_polars, value))
    if hasattr(value, "scanner") and hasattr(value, "schema"):
        return _Stream("the dataset", value.schema.names, partial(_of_dataset, value))
    if hasattr(value, "__arrow_c_stream__"):
        with reading(f"the {type(value).__name__}"):
            import pyarrow as pa

            reader = pa.RecordBatchReader.from_stream(value)
            return _Stream(f"the {type(value).__name__}", reader.schema.names, lambda _: reader)
    return None


def _of_duckdb(relation: Any, columns: list[str]) -> Iterable[Any]:
    quoted = (name.replace('"', '""') for name in columns)
    chosen = relation.project(", ".join(f'"{name}"' for name in quoted))
    read = getattr(chosen, "to_arrow_reader", None) or chosen.fetch_record_batch
    return cast(Iterable[Any], read(_ROWS))


def _of_polars(frame: Any, columns: list[str]) -> Iterator[Any]:
    if not hasattr(frame, "collect_batches"):
        raise F1Error("this version of polars hands out no batches: use a newer one, or collect()")
    for part in frame.select(columns).collect_batches(chunk_size=_ROWS, maintain_order=True):
        yield from part.to_arrow().to_batches()


def _of_dataset(dataset: Any, columns: list[str]) -> Iterable[Any]:
    scan = dataset.scanner(columns=columns, batch_size=_ROWS, batch_readahead=4)
    return cast(Iterable[Any], scan.to_batches())


def _arrays(parts: Iterable[Any], columns: list[str]) -> Iterator[Columns]:
    """Record batches, cut where they are large, as arrays; rows in errors count from the first."""
    done = 0
    for part in parts:
        if not len(part):
            continue
        part = part.select(columns)
        rows = step(part.nbytes / len(part))
        for start in range(0, len(part), rows):
            piece = part.slice(start, rows)
            with counted_from(done):
                found = arrow.arrays(piece, columns)
            yield found
            done += len(piece)
