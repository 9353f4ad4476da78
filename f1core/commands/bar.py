"""RichBar: a bar of rich's for what is read, and a spinner for what comes then."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Column
from rich.text import Text


class _While(ProgressColumn):
    """A column that is shown while files are read, or while they are not."""

    def __init__(self, inner: ProgressColumn, reading: bool = True) -> None:
        super().__init__(inner.get_table_column().copy())
        self._inner, self._reading = inner, reading

    def render(self, task: Task) -> Any:
        """Return the cell of the column within, or nothing."""
        return self._inner(task) if task.fields["reading"] == self._reading else Text("")


def _whole() -> Column:
    """Make a column whose cells are never broken nor cut."""
    return Column(no_wrap=True, overflow="ignore")


class RichBar:
    """A line at the foot of the terminal, which it leaves empty."""

    def __init__(self, narrow: bool, wide: bool) -> None:
        columns: list[ProgressColumn] = [
            TextColumn(
                "{task.description}",
                markup=False,
                table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
            )
        ]
        rows = TextColumn("{task.fields[rows]}", markup=False, table_column=_whole())
        if narrow:
            columns += map(_While, (TaskProgressColumn(table_column=_whole()), rows))
        else:
            columns.append(_While(BarColumn(24 if wide else 10)))
            columns += map(_While, (TaskProgressColumn(table_column=_whole()),) if wide else ())
            columns += map(
                _While,
                (rows, DownloadColumn(table_column=_whole()),
                 TransferSpeedColumn(table_column=_whole())),
            )  # fmt: skip
        left = TimeRemainingColumn(compact=True, table_column=_whole())
        columns += [_While(left), _While(TimeElapsedColumn(table_column=_whole()), False)]
        console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(), *columns, console=console, transient=True, expand=True
        )
        self._task = self._progress.add_task("starting", total=None, reading=False, rows="")
        self._narrow, self._begun = narrow, False

    def __enter__(self) -> RichBar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def read(self, name: str, rows: int, done: float, size: int | None) -> None:
        """Show how far reading came."""
        told = f"{rows:,} rows" if not self._narrow or rows < 1e6 else f"{rows / 1e6:,.1f}M rows"
        self._progress.update(
            self._task, description=name, completed=done, total=size, reading=True, rows=told,
            refresh=not self._begun,
        )  # fmt: skip
        self._begun = True

    def stage(self, what: str) -> None:
        """Show what is done now, and for how long."""
        self._progress.reset(self._task, description=what, total=None, reading=False, rows="")
