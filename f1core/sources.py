"""Columns out of files, a batch of rows at a time: Parquet, Arrow, CSV, .npy and .npz."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .counts import Array
from .errors import F1Error, missing, one_of, shown
from .foreign import to_numpy

TABLES = {".parquet": "parquet", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc", ".csv": "csv"}
ARRAYS = (".npy", ".npz")
_LISTED = 30  # with more columns than this, an error does not name them all
_ROWS = 1 << 17  # in one batch: 10 float32 columns are 5 MB

Columns = dict[str, Array]


def found(paths: Any) -> list[Path]:
    """The files behind a path, a list, a folder or a pattern, in sorted order.

    Raises
    ------
    F1Error
        If there is none, or one of a kind that cannot be read.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    files: list[Path] = []
    for entry in given:
        path = Path(entry)
        if path.is_dir():
            here = [p for p in path.rglob("*") if p.suffix in {*TABLES, *ARRAYS}]
            if not here:
                raise F1Error(f"{path} holds no file that can be scored")
            files += sorted(here)
        elif path.exists():
            files.append(path)
        elif glob.has_magic(str(entry)):
            matches = sorted(glob.glob(str(entry), recursive=True))
            if not matches:
                raise F1Error(f"no file matches {entry}")
            files += map(Path, matches)
        else:
            raise F1Error(f"{path} does not exist")
    for path in files:
        if path.suffix not in {*TABLES, *ARRAYS}:
            raise F1Error(f"{path}: " + one_of("the ending", path.suffix, [*TABLES, *ARRAYS]))
    return files


def names_in(path: Path) -> list[str]:
    """The columns (members, fields) of a file, in its order."""
    if path.suffix in ARRAYS:
        return list(_arrays(path))
    return list(_dataset(path).schema.names)


def batches(path: Path, columns: list[str]) -> Iterator[Columns]:
    """These columns of a file, a batch of rows at a time.

    Raises
    ------
    F1Error
        If the file is damaged, or a column holds what cannot be an array.
    """
    if path.suffix in ARRAYS:
        yield from _array_batches(path, columns)
        return
    import pyarrow as pa

    scan = _dataset(path).scanner(
        columns=columns, batch_size=_ROWS, batch_readahead=4, fragment_readahead=1
    )
    try:
        for batch in scan.to_batches():
            if len(batch):
                yield {name: _column(batch.column(name), name) for name in columns}
    except (pa.ArrowException, OSError) as error:
        raise F1Error(f"{path} cannot be read: {_sentence(error)}") from None


def rows_in(path: Path) -> int | None:
    """How many rows a file has, where that is known without reading it."""
    if path.suffix == ".csv":
        return None
    if path.suffix in ARRAYS:
        return max((len(a) for a in _arrays(path).values()), default=0)
    return int(_dataset(path).count_rows())


def matching(
    wanted: str | Iterable[str], names: list[str], what: str, whole: str | None = None
) -> tuple[list[str], list[str]]:
    """The columns behind names and patterns, and what each pattern's `*` stands for.

    `whole` is a name that no pattern means.

    Raises
    ------
    F1Error
        If a name or pattern has no column.
    """
    columns, stems = [], []
    for entry in [wanted] if isinstance(wanted, str) else wanted:
        if entry in names:
            columns.append(entry)
            stems.append(entry)
            continue
        hits = [name for name in names if fnmatch.fnmatchcase(name, entry) and name != whole]
        if not hits:
            raise F1Error(
                one_of(what, entry, names)
                if len(names) <= _LISTED
                else f"{what} is {shown(entry)}, which is none of its {len(names)} columns"
            )
        single = entry.count("*") == 1 and not set("?[") & set(entry)
        before, _, after = entry.partition("*")
        columns += hits
        stems += [h[len(before) : len(h) - len(after)] if single else h for h in hits]
    return columns, stems


def _dataset(path: Path) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.dataset
    except ImportError:
        raise missing(f"reading {path.suffix}", "pyarrow", "cli") from None
    try:
        return pyarrow.dataset.dataset(path, format=TABLES[path.suffix])
    except (pa.ArrowException, OSError) as error:
        raise F1Error(f"{path} cannot be read: {_sentence(error)}") from None


def _sentence(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _column(column: Any, name: str) -> Array:
    """An Arrow column as (n,), or a column of equally long lists as (n, C)."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type)
            or pa.types.is_large_list(column.type)):  # fmt: skip
        return to_numpy(column, f"column {name}")
    flat = to_numpy(column.flatten(), f"column {name}")
    width, rest = divmod(len(flat), len(column))
    if rest or (column.value_lengths().to_numpy() != width).any():
        raise F1Error(f"column {name} holds lists of different lengths")
    return flat.reshape(len(column), width)


def _arrays(path: Path) -> Columns:
    """The members of an .npz; of an .npy its fields, or its whole by the file's name and its
    columns by number.
    """
    try:
        loaded = np.load(path, mmap_mode="r" if path.suffix == ".npy" else None, allow_pickle=False)
        if path.suffix == ".npz":
            with loaded:
                return {name: loaded[name] for name in loaded.files if loaded[name].ndim}
        if loaded.dtype.names:
            return {name: loaded[name] for name in loaded.dtype.names}
        columns = (
            {str(place): loaded[:, place] for place in range(loaded.shape[1])}
            if (loaded.ndim == 2)
            else {}
        )
        return {path.stem: loaded, **columns}
    except Exception as error:  # a damaged file raises one of many kinds
        raise F1Error(f"{path} cannot be read: {_sentence(error)}") from None


def _array_batches(path: Path, columns: list[str]) -> Iterator[Columns]:
    arrays = {name: array for name, array in _arrays(path).items() if name in columns}
    for name in set(columns) - set(arrays):  # --target truth.npy, beside the scores
        arrays |= {name: _arrays(Path(name))[Path(name).stem]}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        sizes = ", ".join(f"{name} {len(array)}" for name, array in arrays.items())
        raise F1Error(f"{path} holds arrays of different lengths: {sizes}")
    for start in range(0, lengths.pop() if lengths else 0, _ROWS):
        yield {name: to_numpy(array[start : start + _ROWS], name) for name, array in arrays.items()}
