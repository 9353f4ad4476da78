"""What paths, frames and streams mean: found, and opened one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from ..errors import F1Error, one_of, shown
from .batches import Source, reading
from .formats import KINDS, TEXT
from .opening import ending
from .partitions import keys_of, with_keys
from .paths import found as find
from .paths import is_path, is_pipe
from .pipes import piped
from .spelling import Spelling
from .streams import Stream, as_stream

T = TypeVar("T")


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
        try:
            yield with_keys(source, keys)
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
    """The same items, the next one being made in a thread while the last one is used."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1, thread_name_prefix="f1core-ahead") as reader:
        pending: Any = reader.submit(next, iterator, end)
        while (item := pending.result()) is not end:
            pending = reader.submit(next, iterator, end)
            yield item
