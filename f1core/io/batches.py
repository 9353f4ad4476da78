"""What a source is, and how its rows become batches of arrays."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np

from ..counts import Array
from ..errors import F1Error, counted_from, missing
from . import arrow
from .selection import Selection

Columns = dict[str, Array]

_BYTES = 1 << 23  # of one batch, about: small beside 300 MB, large beside the cost of a call
ROWS = 1 << 17  # in one batch at most
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"  # what Hive calls a folder of nulls


class Reread(Exception):
    """What looked like numbers does not any more: read the rows again, from the first."""


class Source(ABC):
    """Rows of named columns, to be read once."""

    name: str  # what an error calls it
    names: list[str]  # its columns
    whole: str | None = None  # the name of all columns together, which no pattern means
    rows: int | None = None  # where that is known without reading them
    files: Sequence[Any] = ()  # to be closed in the end
    keys: Mapping[str, Any] = MappingProxyType({})  # columns that the folders above it name

    def hint(self) -> str | None:
        """What may be wrong where a column is not found, where that is known."""
        return None

    def close(self) -> None:
        """Close what was opened for it."""
        for file in self.files:
            file.close()

    @abstractmethod
    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""


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
            if self.keys[name] in ("", _NO_VALUE):
                raise F1Error(f"{self.name}: its folder leaves {name} empty")
        for batch in self._inner.batches(inside):
            rows = len(next(iter(batch.values())))
            yield {**batch, **{name: np.repeat(np.array(self.keys[name]), rows) for name in added}}


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Whatever a reader raises as one sentence that names the source."""
    try:
        yield
    except Reread:
        raise
    except F1Error as error:
        raise F1Error(f"{name}: {error}") from None
    except ImportError:
        raise missing(f"reading {name}", "pyarrow", "cli") from None
    except Exception as error:  # a damaged file raises one of many kinds
        lines = str(error).splitlines() or [type(error).__name__]
        raise F1Error(f"{name} cannot be read: {lines[0]}") from error


def step(row_bytes: float) -> int:
    """How many rows of so many bytes make a batch."""
    return max(1, min(ROWS, int(_BYTES / max(1, row_bytes))))


def arrays(parts: Iterable[Any], columns: list[str], first: int = 0) -> Iterator[Columns]:
    """Record batches, cut where they are large, as arrays; rows in errors count from `first`."""
    done = first
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
