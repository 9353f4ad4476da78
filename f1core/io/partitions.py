"""Columns that are named by folders: `split=test/part-0.parquet`."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from ..errors import F1Error
from .batches import Columns, Source
from .selection import Selection

_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NONE = "__HIVE_DEFAULT_PARTITION__"


class Partition(Source):
    """A file, and the columns that the folders above it name: the same in all of its rows."""

    def __init__(self, inner: Source, keys: dict[str, int | str]) -> None:
        self._inner, self.keys = inner, keys
        self.name, self.names, self.whole = inner.name, inner.names, inner.whole
        self.rows = inner.rows

    def hint(self) -> str | None:
        """What may be wrong where a column is not found."""
        return self._inner.hint()

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
        inside = copy.copy(chosen)
        inside.all = [name for name in chosen.all if name not in self.keys]
        added = [name for name in chosen.all if name in self.keys]
        for name in added:
            if self.keys[name] in ("", _NONE):
                raise F1Error(f"{self.name}: its folder leaves {name} empty")
        for batch in self._inner.batches(inside):
            rows = len(next(iter(batch.values())))
            yield {**batch, **{name: np.repeat(np.array(self.keys[name]), rows) for name in added}}


def with_keys(source: Source, keys: dict[str, int | str]) -> Source:
    """Add the columns that folders name, less those that the file has itself."""
    keys = {name: value for name, value in keys.items() if name not in source.names}
    return Partition(source, keys) if keys else source


def keys_of(paths: list[Path]) -> list[dict[str, int | str]]:
    """Read the columns that the folders of each path name, as Hive does.

    A column holds whole numbers where each of its folders does, or text.
    """
    found = [_named(path) for path in paths]
    text = {k for keys in found for k, value in keys.items() if not _WHOLE.fullmatch(value)}
    return [{k: v if k in text else int(v) for k, v in keys.items()} for keys in found]


def _named(path: Path) -> dict[str, str]:
    pairs = (part.partition("=") for part in path.parts[:-1])
    return {unquote(key): unquote(value) for key, mark, value in pairs if key and mark}
