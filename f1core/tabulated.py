"""Tabulated: scores as rows, plain data and frames; and scores out of a confusion matrix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from . import confused, known_matrix, option_values, tables
from .averages import Averages
from .errors import refuse_unknown
from .option_types import Frame, Task

if TYPE_CHECKING:
    from .scores import Scores

# What `Scores.report` asks: `f1core/__init__.py` sets it, since pages are made of scores.
write_report: Callable[..., Path] | None = None


class Tabulated(Averages):
    """Mixin of Scores: rows, frames and reports of them; scores out of a confusion matrix."""

    def most_confused(
        self, n: int = 10, *, level: float = 0.95, **unknown: NoReturn
    ) -> list[confused.Confused]:
        """List the n pairs of classes that are confused most often, the largest count first.

        Parameters
        ----------
        n
            How many pairs at most; fewer where fewer were confused.
        level
            How often the interval of a share holds that of endless data, in (0, 1).

        Returns
        -------
        list
            Rows (true, predicted, count, share): `share` is out of all rows of the true class, and
            the row's `interval` bounds it (None for weighted or clustered rows). What is predicted
            is None where it is no class, with `unknown="miss"`.

        Raises
        ------
        F1Error
            If a row has several predictions (multilabel, top-k), or the matrix was not kept.

        Examples
        --------
        >>> import f1core
        >>> s = f1core.score(["cat"] * 8 + ["dog"] * 2, ["cat"] * 6 + ["dog"] * 4)
        >>> [(true, predicted, count, share)] = s.most_confused(1)
        >>> true, predicted, count, share
        ('cat', 'dog', 2, 0.25)
        >>> [round(end, 2) for end in s.most_confused(1)[0].interval]
        [0.05, 0.62]
        """
        if unknown:
            refuse_unknown(unknown, Tabulated.most_confused, "most_confused")
        return confused.most_confused(cast("Scores", self), option_values.whole("n", n), level)

    def report(
        self, output: Any, *, title: str | None = None, force: bool = False, **unknown: Any
    ) -> Path:
        """Write a report of these scores: one HTML page that opens in a browser, without network.

        `f1core.files.report` adds what counts alone do not tell: a threshold that one can drag,
        curves and calibration.

        Parameters
        ----------
        output
            The file to write. An older report is replaced; a file of another kind only by `force`.
        title
            What the page is called.
        force
            Replace a file of another kind, too.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        F1Error
            If the file cannot be written, or rows are spans.

        Examples
        --------
        >>> import f1core, tempfile
        >>> s = f1core.score(["cat", "dog", "dog"], ["cat", "dog", "cat"])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     s.report(f"{folder}/report.html", title="Pets").name
        'report.html'
        """
        if unknown:
            refuse_unknown(unknown, Tabulated.report, "report")
        assert write_report is not None
        return write_report(self, output, title=title, force=force)

    @classmethod
    def from_confusion(
        cls,
        matrix: Any,
        *,
        classes: Any = None,
        task: Task | None = None,
        pos_label: Any = None,
        average_over: Any = None,
        zero_division: float = 0.0,
        beta: float = 1.0,
        **unknown: NoReturn,
    ) -> Scores:
        """Score a confusion matrix that is there already.

        Parameters
        ----------
        matrix
            (C, C), rows = truth: whole numbers count rows, floats are sums of weights. A list, an
            array, or a frame whose columns (and index) name the classes.
        classes
            The classes' names in the order of rows and columns, or of a frame whatever its order;
            by default the frame's own, or 0 to C - 1.
        task, pos_label, average_over, zero_division, beta
            As in `f1core.score`. Two classes that are 0 and 1 are a binary task.

        Raises
        ------
        F1Error
            If it is not square, or holds what no count can be: NaN, or a number below 0.

        Examples
        --------
        >>> import f1core
        >>> s = f1core.Scores.from_confusion([[50, 10], [5, 35]], classes=["cat", "dog"])
        >>> s.accuracy, [round(end, 2) for end in s.interval("accuracy")]
        (0.85, [0.77, 0.91])
        """
        if unknown:
            refuse_unknown(unknown, Tabulated.from_confusion, "from_confusion")
        how = {"average_over": average_over, "zero_division": zero_division, "beta": beta}
        counts, options = known_matrix.read(matrix, task, classes, pos_label, **how)
        return cast("Scores", cls(counts, options))

    def to_frame(self, kind: Frame = "pandas", **unknown: NoReturn) -> Any:
        """Put all classes and averages into a frame, one a row.

        Parameters
        ----------
        kind
            "pandas" or "polars".

        Returns
        -------
        DataFrame
            Its columns are `class` (missing in the rows of averages), `average` (missing in those
            of classes), the ratios, `support`, and the classes' `tp`, `fp`, `fn` and `tn`.

        Raises
        ------
        F1Error
            If that library is not installed.

        Examples
        --------
        >>> import f1core
        >>> frame = f1core.score(["cat", "dog", "dog"], ["cat", "dog", "cat"]).to_frame()
        >>> [float(frame.set_index("class").loc["dog", name]) for name in ("precision", "fn")]
        [1.0, 1.0]
        """
        if unknown:
            refuse_unknown(unknown, Tabulated.to_frame, "to_frame")
        return tables.as_frame(cast("Scores", self), kind)
