"""Watch: is told what is read while it is read, for a bar on a terminal."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from .batches import Source


class Watch:
    """Is told which files are read and how many rows came of them, in a thread of the reader's."""

    def begin(self, paths: Any) -> None:
        """Reading begins, or begins anew: labels of text files may turn out as text."""

    def opened(self, source: Source) -> None:
        """A source was opened."""

    def read(self, source: Source, rows: int) -> None:
        """So many rows more were read of a source."""

    def end(self) -> None:
        """All was read."""


WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)
