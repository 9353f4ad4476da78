"""What paths, frames and streams mean: found, and opened one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ..errors import F1Error, one_of, shown
from .batches import Source, reading
from .formats import KINDS
from .paths import found as find
from .paths import is_path
from .streams import Stream, as_stream

T = TypeVar("T")


def opened(paths: Any) -> Iterator[Source]:
    """The sources behind paths, frames and streams, each opened when its turn comes.

    Raises
    ------
    F1Error
        If there is none, or one that cannot be read.
    """
    if is_path(paths):
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
    if all(map(is_path, given)):
        yield from map(open_file, found(given))
        return
    for entry in given:
        yield from opened(entry)


def found(paths: Any) -> list[Path]:
    """List the files behind a path, a list, a folder or a pattern, each file on disk once.

    Raises
    ------
    F1Error
        If there is none, or one of a kind that cannot be read.
    """
    return find(paths, _unknown_ending)


def _unknown_ending(path: Path) -> str | None:
    ending = path.suffix.lower()
    return None if ending in KINDS else one_of("the ending", path.suffix, KINDS)


def open_file(path: Path) -> Source:
    """One file by its ending.

    Raises
    ------
    F1Error
        If it cannot be read, or pyarrow is missing.
    """
    with reading(str(path)):
        return KINDS[path.suffix.lower()](path)


def ahead(items: Iterable[T]) -> Iterator[T]:
    """The same items, the next one being made in a thread while the last one is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="f1core-ahead") as reader:
        pending: Any = reader.submit(next, iterator, end)
        while (item := pending.result()) is not end:
            pending = reader.submit(next, iterator, end)
            yield item
