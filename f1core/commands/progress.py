"""Progress on a terminal: the rows of each file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import files
from ..errors import plain_text


@contextmanager
def progress(parsed: argparse.Namespace) -> Iterator[files.Progress]:
    """Count the rows of each file; with a bar on the terminal where there is one."""
    parsed.done = {}

    def count(name: str, rows: int) -> None:
        parsed.done[name] = parsed.done.get(name, 0) + rows

    if not sys.stderr.isatty():
        yield count
        return
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress
    except ImportError:
        yield count
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=files.rows_in(parsed.paths))

        def shown(name: str, rows: int) -> None:
            count(name, rows)
            bar.update(task, advance=rows, description=escape(plain_text(Path(name).name)))

        yield shown
