"""Open what paths, frames and streams mean, one source after the other."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from ..errors import F1Error, one_of, shown
from . import paths as on_disk
from .arrow_files import ArrowFile, Parquet
from .batches import ROWS, Columns, Partition, Source, batches_of, reading
from .json_lines import JsonLines
from .npy_files import Arrays
from .paths import STDIN, is_path, is_pipe, keys_of
from .selection import Selection
from .spelling import Spelling
from .streams import PeekedStream, ending, read, unpacked
from .text import Delimited

T = TypeVar("T")

_MARK = 8  # bytes that tell the kind
_PIECE = 1 << 22  # bytes of a pipe that are copied at once
_MAGIC = {
    b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ": "xz",
}  # fmt: skip

TEXT: dict[str, Callable[[Path, Spelling], Source]] = {
    ".csv": Delimited, ".tsv": Delimited, ".jsonl": JsonLines, ".ndjson": JsonLines,
}  # fmt: skip
BINARY: dict[str, Callable[[Path], Source]] = {
    ".parquet": Parquet, ".pq": Parquet, ".arrow": ArrowFile, ".arrows": ArrowFile,
    ".feather": ArrowFile, ".ipc": ArrowFile, ".npy": Arrays, ".npz": Arrays,
}  # fmt: skip


def opened(paths: Any, spelling: Spelling) -> Iterator[Source]:
    """Open the sources behind paths, frames and streams, each when its turn comes.

    `spelling` is how the label cells of text files are read.
    """
    if is_path(paths):
        yield from _files(paths, spelling)
        return
    stream = _as_stream(paths)
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
    """List the files behind a path, a list, a folder or a pattern, each file on disk once."""
    return on_disk.found(paths, _unknown_ending)


def rereadable(paths: Any) -> bool:
    """Return whether the rows can be read a second time."""
    given = [paths] if is_path(paths) else paths
    if not (isinstance(given, (list, tuple)) and all(map(is_path, given))):
        return False
    return not any(map(is_pipe, found(given)))


def _unknown_ending(path: Path) -> str | None:
    kind, codec = ending(path)
    known = [*BINARY, *TEXT]
    if codec is not None and kind not in TEXT:
        what = f"a packed {kind} is not read" if kind in known else f"the ending is {path.suffix!r}"
        return f"{what}; unpack it, or use one of {', '.join(TEXT)} there"
    return None if kind in known else one_of("the ending", path.suffix, known)


def open_file(path: Path, spelling: Spelling) -> Source:
    """Open one file by its ending, a pipe by its first bytes."""
    with reading(str(path)):
        if is_pipe(path):
            return _piped(path, spelling)
        kind, _ = ending(path)
        return TEXT[kind](path, spelling) if kind in TEXT else BINARY[kind](path)


def ahead(items: Iterable[T]) -> Generator[T, None, None]:
    """Yield the items, making each next one in a thread while the last one is used."""
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
        """Read the chosen columns, in batches of moderate size."""
        with reading(self.name):
            yield from batches_of(self._parts(chosen.all), chosen)


def _as_stream(value: Any) -> Source | None:
    """Wrap a frame, a relation, a dataset or a stream as a source; return None for all else."""
    home = type(value).__module__.partition(".")[0]
    if home in ("duckdb", "_duckdb") and hasattr(value, "project"):
        return Stream("the DuckDB relation", value.columns, partial(_of_duckdb, value))
    if home == "polars" and hasattr(value, "collect_schema") and not hasattr(value, "to_arrow"):
        names = value.collect_schema().names()
        return Stream("the LazyFrame", names, partial(_of_polars, value))
    if hasattr(value, "scanner") and hasattr(value, "schema"):
        scan = partial(value.scanner, batch_size=ROWS, batch_readahead=4)
        return Stream(
            "the dataset", value.schema.names, lambda columns: scan(columns=columns).to_batches()
        )
    if hasattr(value, "__arrow_c_stream__"):
        with reading(f"the {type(value).__name__}"):
            import pyarrow as pa

            reader = pa.RecordBatchReader.from_stream(value)
            return Stream(f"the {type(value).__name__}", reader.schema.names, lambda _: reader)
    return None


def _of_duckdb(relation: Any, columns: list[str]) -> Iterable[Any]:
    quoted = (name.replace('"', '""') for name in columns)
    chosen = relation.project(", ".join(f'"{name}"' for name in quoted))
    batches = getattr(chosen, "to_arrow_reader", None) or chosen.fetch_record_batch
    return cast(Iterable[Any], batches(ROWS))


def _of_polars(frame: Any, columns: list[str]) -> Iterator[Any]:
    if not hasattr(frame, "collect_batches"):
        raise F1Error("this version of polars hands out no batches: use a newer one, or collect()")
    for part in frame.select(columns).collect_batches(chunk_size=ROWS, maintain_order=True):
        yield from part.to_arrow().to_batches()


def _piped(path: Path, spelling: Spelling) -> Source:
    """Open standard input or another pipe: its first bytes tell what it carries."""
    import pyarrow as pa

    file = sys.stdin.buffer if path == STDIN else path.open("rb")
    files = [] if path == STDIN else [file]
    head = read(file, _MARK)
    stream: Any = PeekedStream(head, file)
    counted = stream
    codec = next((name for mark, name in _MAGIC.items() if head.startswith(mark)), None)
    if codec is not None:
        stream = unpacked(pa.PythonFile(stream, mode="r"), codec)
        head = read(stream, _MARK)
        stream = PeekedStream(head, stream)
    source: Source
    if head.startswith((b"PAR1", b"ARROW1")):  # which are read from their end
        kept = tempfile.TemporaryFile()  # noqa: SIM115
        files.append(kept)
        shutil.copyfileobj(stream, kept, _PIECE)
        kept.seek(0)
        source = (Parquet if head.startswith(b"PAR1") else ArrowFile)(path, kept)
    elif head.startswith(b"\xff\xff\xff\xff"):
        reader = pa.ipc.open_stream(pa.PythonFile(stream, mode="r"))
        source = Stream(str(path), reader.schema.names, lambda _: reader)
    elif head.startswith((b"\x93NUMPY", b"PK\x03\x04")):
        raise F1Error("an .npy or .npz cannot be read from a pipe; name the file")
    else:
        lines = head.lstrip().startswith(b"{")
        source = (JsonLines if lines else Delimited)(path, spelling, stream)
    source.files, source.begun = files, counted
    return source
