"""Watch: is told what is read while it is read, for a bar on a terminal."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from .batches import Source


class Watch:
    """Interface for progress: told which files are read, in the reader's thread."""

    def begin(self, paths: Any) -> None:
        """Note that reading begins, or starts over: labels of text files may turn out as text."""

    def opened(self, source: Source) -> None:
        """Note that a source was opened."""

    def read(self, source: Source, rows: int) -> None:
        """Note that so many more rows of a source were read."""

    def end(self) -> None:
        """Note that all was read."""


WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
