"""scikit-learn's classification report, character for character, from one count."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...counts import Array
from .averaging import averaged
from .checks import drop_in, warn
from .targets import read

_RATIOS = ("precision", "recall", "fbeta")
_HEADERS = ("precision", "recall", "f1-score", "support")

Row = tuple[str, list[Any]]


@drop_in
def classification_report(
    y_true: Any,
    y_pred: Any,
    *,
    labels: Any = None,
    target_names: Any = None,
    sample_weight: Any = None,
    digits: int = 2,
    output_dict: bool = False,
    zero_division: Any = "warn",
) -> Any:
    """The main ratios of each class as a text or a dict; signature and meaning are scikit-learn's.

    Examples
    --------
    >>> from f1core.adapters.sklearn import classification_report
    >>> print(classification_report([0, 1, 1], [0, 1, 0]))
                  precision    recall  f1-score   support
    <BLANKLINE>
               0       0.50      1.00      0.67         1
               1       1.00      0.50      0.67         2
    <BLANKLINE>
        accuracy                           0.67         3
       macro avg       0.75      0.75      0.67         3
    weighted avg       0.83      0.67      0.67         3
    <BLANKLINE>
    """
    targets = read(y_true, y_pred, sample_weight, columns=labels, rows=True)
    shown = targets.labels if labels is None else np.asarray(labels)
    names = _names(shown, target_names, given=labels is not None)
    chosen = None if labels is None else shown

    values, support = averaged(targets, _RATIOS, chosen, None, zero_division)
    classes: list[Row] = [
        (name, list(row)) for name, *row in zip(names, *values, support, strict=False)
    ]
    kinds = ("micro", "macro", "weighted") + ("samples",) * targets.indicator
    # Over all labels that occur the micro average is the accuracy.
    covered = chosen is None or set(shown.tolist()) >= set(targets.labels.tolist())
    whole = covered and not targets.indicator
    means: list[Row] = []
    for kind in kinds:
        values, _ = averaged(targets, _RATIOS, chosen, kind, zero_division)
        heading = "accuracy" if whole and kind == "micro" else f"{kind} avg"
        means.append((heading, [*values, np.sum(support)]))
    return _as_dict(classes, means) if output_dict else _as_text(classes, means, names, digits)


def _names(labels: Array, target_names: Any, given: bool) -> Any:
    if target_names is None:
        return [f"{label}" for label in labels]
    if len(labels) != len(target_names):
        if not given:
            raise ValueError(
                f"Number of classes, {len(labels)}, does not match size of target_names, "
                f"{len(target_names)}. Try specifying the labels parameter"
            )
        warn(
            f"labels size, {len(labels)}, does not match size of target_names, {len(target_names)}"
        )
    return target_names


def _as_dict(classes: list[Row], means: list[Row]) -> dict[str, Any]:
    rows = {
        name: dict(zip(_HEADERS, map(float, row), strict=True)) for name, row in [*classes, *means]
    }
    found: dict[str, Any] = dict(rows)
    if "accuracy" in found:
        found["accuracy"] = rows["accuracy"]["precision"]
    return found


def _as_text(classes: list[Row], means: list[Row], names: Any, digits: int) -> str:
    width = max(*(len(name) for name in names), len("weighted avg"), digits)

    def line(name: str, row: list[Any]) -> str:
        ratios = "".join(f" {value:>9.{digits}f}" for value in row[:3])
        if name == "accuracy":
            ratios = " " * 20 + f" {row[2]:>9.{digits}f}"
        return f"{name:>{width}s} {ratios} {row[3]:>9}\n"

    head = " " * width + " " + "".join(f" {header:>9}" for header in _HEADERS) + "\n\n"
    return "".join([head, *(line(*row) for row in classes), "\n", *(line(*row) for row in means)])
