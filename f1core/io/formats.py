"""Files by their endings; Parquet, .npy and .npz."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..arrays import to_numpy
from ..errors import F1Error
from .archives import ArrayFile
from .batches import Columns, Source, arrays, reading, step
from .ipc import ArrowFile
from .lines import JsonLines
from .selection import Selection
from .spelling import Spelling
from .text import Delimited


class Parquet(Source):
    """A Parquet file, page by page: whole column chunks of a wide file would fill the memory."""

    def __init__(self, path: Path, file: Any = None) -> None:
        from pyarrow.parquet import ParquetFile, read_metadata

        file = path if file is None else file
        width = read_metadata(file).num_columns
        buffer = max(1 << 15, min(1 << 20, (1 << 25) // max(1, width)))
        self._file = ParquetFile(file, buffer_size=buffer, pre_buffer=False)
        self.name, self.names = str(path), list(self._file.schema_arrow.names)
        self.rows = int(self._file.metadata.num_rows)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
        about = self._file.metadata
        groups = range(about.num_row_groups)
        size = sum(about.row_group(group).total_byte_size for group in groups)
        each = max(8.0, size / max(1, about.num_rows) / len(self.names)) * len(chosen.all)
        with reading(self.name), self._file:
            parts = self._file.iter_batches(step(each), columns=chosen.all, use_threads=False)
            yield from arrays(parts, chosen.all)


class Arrays(Source):
    """An .npy or .npz file; the target of an .npy may be an .npy of its own."""

    def __init__(self, path: Path) -> None:
        self._file = ArrayFile(path)
        self.name, self.names, self.rows = str(path), self._file.names, self._file.rows
        self.whole = path.stem if path.suffix.lower() == ".npy" else None

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
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
