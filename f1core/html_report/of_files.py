"""report(): a page for the browser out of files, from one pass over them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..accumulator import Accumulator
from ..counts import Array
from ..errors import F1Error, parameters_of, refuse_unknown, shown
from ..grouped import GroupedAccumulator
from ..inputs import check as checked
from ..io import sources
from ..io.paths import is_path
from ..io.selection import Names
from ..option_types import CountOptions, Task, Unpack
from ..scores import Scores
from ..writing import check_target, write_whole


def report(
    paths: Any,
    output: Any,
    *,
    target: Names,
    probabilities: Names | None = None,
    group: str | None = None,
    baseline: Any = None,
    title: str | None = None,
    force: bool = False,
    sample_weight: str | None = None,
    sample_id: str | None = None,
    task: Task | None = None,
    classes: Any = None,
    text_labels: bool = False,
    empty_labels: bool = False,
    progress: Callable[[str, int], None] | None = None,
    **options: Unpack[CountOptions],
) -> Path:
    """Write a report of predictions in files: one HTML page that opens in a browser.

    It shows the metric that matters for the task with its interval, the classes, the confusion
    matrix, curves, calibration and, for scores, a threshold that one can drag: of each cut it has
    the counts that `score(…, threshold=)` gives. The page needs no network.

    Parameters
    ----------
    paths, target, probabilities, group
        As in `f1core.files.score`; with `group` the page compares the groups too.
    output
        The file to write. An older report is replaced; a file of another kind only by `force`.
    baseline
        Files with the predictions of another model for the same rows, in columns of the same
        names, to compare with. All rows are then read at once.
    title
        What the page is called.
    force
        Replace a file of another kind, too.
    sample_weight, sample_id, task, classes, text_labels, empty_labels, **options
        As in `f1core.files.score`. With `sample_id` rows count once and the page has no cuts. With
        `resamples=200` weighted rows have intervals, and averages over the labels of a multilabel
        task narrower ones.
    progress
        A function that is told a file's name and how many more of its rows were counted.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    F1Error
        As `f1core.files.score`, and if the file cannot be written; nothing is left behind then.

    Examples
    --------
    >>> import f1core.files, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = f1core.files.report(
    ...         "tests/data/two_class_example.csv", f"{folder}/report.html", target="truth",
    ...         probabilities="Class1", pos_label="Class1",
    ...     )
    ...     path.name, path.stat().st_size < 1_500_000
    ('report.html', True)
    """
    return write_report(
        paths, output, target=target, probabilities=probabilities, group=group, baseline=baseline,
        title=title, force=force, sample_weight=sample_weight, sample_id=sample_id, task=task,
        classes=classes, text_labels=text_labels, empty_labels=empty_labels, progress=progress,
        **options,
    )[0]  # fmt: skip


def write_report(
    paths: Any, output: Any, *, force: bool = False, baseline: Any = None, named: str = "output",
    check: Callable[[Scores], None] | None = None, **options: Any,
) -> tuple[Path, dict[str, Any]]:  # fmt: skip
    """Write a report; give its path and what it shows.

    `named` is what the output is called, `check` may refuse the scores before anything is written.
    """
    from .. import files
    from .page import render

    refuse_unknown(options, (*parameters_of(report), *files.OPTIONS), "files.report")
    read = [*_on_disk(paths, options["target"]), *_on_disk(baseline, ())]
    path = check_target(output, "report", inputs=read, force=force, named=named)
    if baseline is not None and any(map(_read_once, (paths, baseline))):
        raise F1Error("baseline= reads all rows twice, and a pipe or a stream is read once")
    found = contents_of(paths, check=check, **options)
    if baseline is not None:
        found["baseline"] = _compared(paths, baseline, found["headline"]["metric"], options)
    write_whole(path, render(found).encode())
    return path, found


def _read_once(paths: Any) -> bool:
    """Return whether these are rows that can be read only once."""
    given = paths if isinstance(paths, (list, tuple)) else [paths]
    named = [path for path in given if is_path(path)]
    return hasattr(paths, "__next__") or bool(named and not sources.rereadable(named))


def _on_disk(paths: Any, target: Names) -> list[Path]:
    """List the files that are read, as far as paths name them."""
    from .. import files

    given = [paths] if is_path(paths) else list(paths) if isinstance(paths, (list, tuple)) else []
    given = [path for path in given if is_path(path)]
    return files.inputs(given, target) if given else []


def _compared(paths: Any, older: Any, metric: str, options: dict[str, Any]) -> dict[str, Any]:
    from .baseline import baseline

    given = {name: value for name, value in options.items() if name != "title"}
    for name in ("resamples", "threads", "confusion"):  # which are of counts
        given.pop(name, None)
    return baseline(paths, older, metric=metric, **given)


class _Watch:
    """Counts at cuts of the batches that an accumulator has counted."""

    def __init__(self, unfit: str) -> None:
        self._unfit = unfit
        self.started()

    def started(self) -> Any:
        """Begin anew, as files do that are read once more."""
        from .cut_counts import CutCounts
        from .kept_rows import KeptRows

        self.counted, self.kept = CutCounts(self._unfit), KeptRows()
        return self.add

    def add(self, total: Any, truth: Array, scores: Array, weight: Any) -> None:
        """Count a batch that `total` has counted."""
        one = total
        if isinstance(total, GroupedAccumulator):
            one = next(iter(total.groups.values()), total.empty)
        if self.counted.usable or (self._unfit and not self.counted.scored):
            batch = checked(truth, scores, one.named(), weight, one.width, exact=True)
            self.counted.add(batch)
            if self.counted.usable:
                self.kept.add(batch, truth, scores, weight)


def contents_of(
    paths: Any, *, target: Names, group: str | None = None, title: str | None = None,
    check: Callable[[Scores], None] | None = None, **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """Read the files once, and put together what their report shows."""
    from .. import files
    from .contents import contents

    if title is not None and not isinstance(title, str):
        raise F1Error(f"title is {shown(title)}; give a text")
    if group is not None and options.get("seed") is not None:
        raise F1Error(
            f"seed={shown(options['seed'])} is for one set of resamples, and each group draws its "
            "own: leave out seed or group"
        )
    if group is None:  # whose resamples are added up, and so are drawn from seeds of their own
        options = files.with_fixed_seed(options)
    by_id = options.get("sample_id") is not None
    watch = _Watch("rows of one id count once, which cuts cannot tell" if by_id else "")
    total = files.accumulate(paths, target=target, group=group, beside=watch.started, **options)
    groups: dict[Any, Scores] | None = None
    if isinstance(total, GroupedAccumulator):
        groups, total = total.compute(), _whole(total)
    scores = total.compute()
    if check is not None:
        check(scores)
    names = [path.name for path in _on_disk(paths, target)]
    found = scores, watch.counted, watch.kept
    return contents(*found, groups=groups, column=group, title=title, sources=names)


def _whole(total: GroupedAccumulator) -> Accumulator:
    """Add up all groups."""
    first, *others = total.groups.values()
    for one in others:
        first = first + one
    return first
