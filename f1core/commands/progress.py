"""Progress on a terminal: rows, bytes, rate and time left of what is read, and what comes then."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .. import files
from ..console import terminal_width
from ..errors import F1Error, plain_text
from ..io.batches import Source
from ..io.paths import STDIN
from ..io.watch import WATCH, Watch

_EACH = 0.5  # seconds between two lines where rich is not installed
_NARROW, _WIDE = 70, 100  # characters


class Meter(Watch):
    """Counts the rows of each file and their bytes, and shows them where there is a terminal."""

    def __init__(self, parsed: argparse.Namespace, bar: Any, counts: bool) -> None:
        self._parsed, self._bar, self._counts = parsed, bar, counts
        self.begin(None)

    def begin(self, paths: Any) -> None:
        """Note that reading begins, or begins anew."""
        self._parsed.done = {}
        self._rows = self._here = self._before = self._size = 0
        self._sizes: dict[str, int] = {}
        if paths is not None and self._bar is not None:
            with suppress(F1Error, OSError):  # which is said elsewhere
                self._sizes = {str(path): os.stat(path).st_size for path in files.inputs(paths)}

    def opened(self, source: Source) -> None:
        """Note that a file was opened: all bytes of those before it were read."""
        self._before += self._size
        self._size, self._here = self._sizes.get(source.name, 0), 0
        self._show(source)

    def read(self, source: Source, rows: int) -> None:
        """Note that rows of a file were read."""
        self._rows += rows
        self._here += rows
        if self._counts:
            self.count(source.name, rows)
        self._show(source)

    def end(self) -> None:
        """Note that all files were read."""
        self.stage("computing")

    def count(self, name: str, rows: int) -> None:
        """Note that rows were counted, for the message of an interrupted command."""
        self._parsed.done[name] = self._parsed.done.get(name, 0) + rows

    def stage(self, what: str) -> None:
        """Show what is done now, of unknown duration."""
        if self._bar is not None:
            self._bar.stage(plain_text(what))

    def _show(self, source: Source) -> None:
        if self._bar is None:
            return
        done = self._before + (source.share(self._here) or 0.0) * self._size
        if source.begun is not None:
            done = source.begun.done
        name = "standard input" if source.name == str(STDIN) else Path(source.name).name
        self._bar.read(plain_text(name), self._rows, done, sum(self._sizes.values()) or None)


@contextmanager
def progress(parsed: argparse.Namespace, *, counts: bool = True) -> Iterator[Meter]:
    """Show what is read and done within, on stderr and only where that is a terminal.

    `counts` says that rows which are read are counted too; where they are not, `Meter.count` is
    called once they are.
    """
    if parsed.quiet or not sys.stderr.isatty():
        yield from _watched(Meter(parsed, None, counts))
        return
    try:
        from .bar import RichBar
    except ImportError:
        line = _Line()
        try:
            yield from _watched(Meter(parsed, line, counts))
        finally:
            line.clear()
        return
    with RichBar(terminal_width() < _NARROW, terminal_width() >= _WIDE) as bar:
        yield from _watched(Meter(parsed, bar, counts))


def _watched(meter: Meter) -> Iterator[Meter]:
    token = WATCH.set(meter)
    try:
        yield meter
    finally:
        WATCH.reset(token)


class _Line:
    """One line that is written anew, where rich is not installed."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._last = 0.0
        self.stage("reading")

    def read(self, name: str, rows: int, done: float, size: int | None) -> None:
        """Show how far reading came."""
        now = time.monotonic()
        if now - self._last < _EACH:
            return
        self._last = now
        spent = max(1e-9, now - self._began)
        left = f", {spent * (size / done - 1):,.0f} s left" if size and done else ""
        share = f" {done / size:.0%}" if size else ""
        self._write(
            f"{name}{share}: {rows:,} rows, {done / 1e6:,.1f} MB, {done / spent / 1e6:,.1f} MB/s"
            f"{left}"
        )

    def stage(self, what: str) -> None:
        """Show what is done now."""
        self._write(f"{what} …")

    def clear(self) -> None:
        """Leave the line empty."""
        self._write("")

    def _write(self, text: str) -> None:
        wide = terminal_width() - 1
        sys.stderr.write(f"\r{text[:wide]:<{wide}}\r")
        sys.stderr.flush()
