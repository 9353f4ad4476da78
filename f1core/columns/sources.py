"""What paths, frames and streams mean: found, and opened one after the other."""

from __future__ import annotations

import glob
import itertools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ..errors import F1Error, one_of, shown
from .batches import Source, reading
from .formats import KINDS
from .streams import Stream, as_stream

T = TypeVar("T")


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
    stream = as_stream(paths)
    if stream is not None:
        yield stream
        return
    if not isinstance(paths, Iterable):
        raise F1Error(f"{shown(paths)} is no path, no frame and no stream of record batches")
    entries = iter(paths)
    given = list(itertools.islice(entries, 1))
    if given and hasattr(given[0], "column") and hasattr(given[0], "schema"):  # record batches
        parts = itertools.chain(given, entries)
        yield Stream("the stream of batches", given[0].schema.names, lambda _: parts)
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
            here = [p for p in path.rglob("*") if p.suffix in KINDS and p.is_file()]
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
        if path.suffix not in KINDS:
            raise F1Error(f"{path}: " + one_of("the ending", path.suffix, KINDS))
    return files


def open_file(path: Path) -> Source:
    """One file by its ending.

    Raises
    ------
    F1Error
        If it cannot be read, or pyarrow is missing.
    """
    with reading(str(path)):
        return KINDS[path.suffix](path)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, the next one being made in a thread while the last one is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="f1core-ahead") as reader:
        pending: Any = reader.submit(next, iterator, end)
        while (item := pending.result()) is not end:
            pending = reader.submit(next, iterator, end)
            yield item


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))
