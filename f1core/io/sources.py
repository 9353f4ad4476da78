"""What paths, frames and streams mean: found, and opened one after the other."""

from __future__ import annotations

import io
import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from ..errors import F1Error, one_of, shown
from .arrow_files import ArrowFile, Parquet
from .batches import ROWS, Columns, Partition, Source, arrays, reading
from .lines import JsonLines
from .npy_files import Arrays
from .opening import MAGIC, Begun, ending, read, unpacked
from .paths import STDIN, is_path, is_pipe, keys_of
from .paths import found as find
from .selection import Selection
from .spelling import Spelling
from .text import Delimited

T = TypeVar("T")

_MARK = 8  # bytes that tell the kind
_PIECE = 1 << 22  # bytes of a pipe that are copied at once

KINDS: dict[str, Callable[[Path, Spelling], Source]] = {
    ".parquet": lambda path, _: Parquet(path),
    ".pq": lambda path, _: Parquet(path),
    ".arrow": lambda path, _: ArrowFile(path),
    ".arrows": lambda path, _: ArrowFile(path),
    ".feather": lambda path, _: ArrowFile(path),
    ".ipc": lambda path, _: ArrowFile(path),
    ".npy": lambda path, _: Arrays(path),
    ".npz": lambda path, _: Arrays(path),
    ".csv": Delimited,
    ".tsv": Delimited,
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
}
TEXT = (".csv", ".tsv", ".jsonl", ".ndjson")  # which may be packed


def opened(paths: Any, spelling: Spelling) -> Iterator[Source]:
    """The sources behind paths, frames and streams, each opened when its turn comes.

    `spelling` is how the label cells of text files are read.

    Raises
    ------
    F1Error
        If there is none, or one that cannot be read.
    """
    if is_path(paths):
        yield from _files(paths, spelling)
        return
    stream = as_stream(paths)
    if stream is not None:
        yield stream
        return
    if not isinstance(paths, Iterable) or getattr(paths, "ndim", 1) > 1:
        raise F1Error(f"{shown(paths)} is no path, no frame and no stream of record batches")
    try:
        entries = iter(paths)
        given = list(itertools.islice(entries, 1))
    except Exception as error:  # an array of no dimension, or what a generator raises
        raise F1Error(f"{shown(paths)} gives no paths and no record batches: {error}") from None
    if given and hasattr(given[0], "column") and hasattr(given[0], "schema"):  # record batches
        parts = itertools.chain(given, entries)
        yield Stream("the stream of batches", given[0].schema.names, lambda _: parts)
        return
    given += entries
    if all(map(is_path, given)):
        yield from _files(given, spelling)
        return
    for entry in given:
        yield from opened(entry, spelling)


def _files(paths: Any, spelling: Spelling) -> Iterator[Source]:
    files = found(paths)
    for path, keys in zip(files, keys_of(files), strict=True):
        source = open_file(path, spelling)
        added = {name: value for name, value in keys.items() if name not in source.names}
        try:
            yield Partition(source, added) if added else source
        finally:
            source.close()


def found(paths: Any) -> list[Path]:
    """List the files behind a path, a list, a folder or a pattern, each file on disk once.

    Raises
    ------
    F1Error
        If there is none, or one of a kind that cannot be read.
    """
    return find(paths, _unknown_ending)


def again(paths: Any) -> bool:
    """Whether the rows can be read a second time."""
    given = [paths] if is_path(paths) else paths
    if not (isinstance(given, (list, tuple)) and all(map(is_path, given))):
        return False
    return not any(map(is_pipe, found(given)))


def _unknown_ending(path: Path) -> str | None:
    kind, codec = ending(path)
    if codec is not None and kind not in TEXT:
        what = f"a packed {kind} is not read" if kind in KINDS else f"the ending is {path.suffix!r}"
        return f"{what}; unpack it, or use one of {', '.join(TEXT)} there"
    return None if kind in KINDS else one_of("the ending", path.suffix, KINDS)


def open_file(path: Path, spelling: Spelling) -> Source:
    """One file by its ending, a pipe by its first bytes.

    Raises
    ------
    F1Error
        If it cannot be read, or pyarrow is missing.
    """
    with reading(str(path)):
        if is_pipe(path):
            return piped(path, spelling)
        return KINDS[ending(path)[0]](path, spelling)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """Make each next item in a thread while the last one is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="f1core-ahead") as reader:
        pending: Any = reader.submit(next, iterator, end)
        while (item := pending.result()) is not end:
            pending = reader.submit(next, iterator, end)
            yield item


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


def piped(path: Path, spelling: Spelling) -> Source:
    """Open standard input or another pipe.

    Raises
    ------
    F1Error
        If it is empty, or carries what cannot be read from a pipe.
    """
    if path == STDIN:
        return _told(path, spelling, sys.stdin.buffer)
    file = path.open("rb")
    source = _told(path, spelling, file)
    source.files = [*source.files, file]
    return source


def _told(path: Path, spelling: Spelling, stream: Any) -> Source:
    """The source that a stream's first bytes tell."""
    import pyarrow as pa

    head = read(stream, _MARK)
    stream = Begun(head, stream)
    codec = next((name for mark, name in MAGIC.items() if head.startswith(mark)), None)
    if codec is not None:
        stream = unpacked(pa.PythonFile(stream, mode="r"), codec)
        head = read(stream, _MARK)
        stream = Begun(head, stream)
    if head.startswith(b"PAR1"):
        return _kept(Parquet, path, stream)
    if head.startswith(b"ARROW1"):
        return _kept(ArrowFile, path, stream)
    if head.startswith(b"\xff\xff\xff\xff"):
        reader = pa.ipc.open_stream(pa.PythonFile(stream, mode="r"))
        return Stream(str(path), reader.schema.names, lambda _: reader)
    if head.startswith((b"\x93NUMPY", b"PK\x03\x04")):
        raise F1Error("an .npy or .npz cannot be read from a pipe; name the file")
    if head.lstrip().startswith(b"{"):
        return JsonLines(path, spelling, stream)
    return Delimited(path, spelling, stream)


def _kept(kind: Callable[[Path, Any], Source], path: Path, stream: Any) -> Source:
    """A source over all of a stream in a temporary file: these kinds are read from their end."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(stream, file, _PIECE)
    file.seek(0, io.SEEK_SET)
    source = kind(path, file)
    source.files = [file]
    return source
