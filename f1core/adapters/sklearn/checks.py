"""Parameters checked, and warnings given, as scikit-learn does: by its own tables, in its words."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import sklearn.metrics
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils._param_validation import make_constraint, validate_parameter_constraints

NAMES = (
    "accuracy_score", "balanced_accuracy_score", "classification_report", "cohen_kappa_score",
    "confusion_matrix", "f1_score", "fbeta_score", "hamming_loss", "jaccard_score",
    "matthews_corrcoef", "multilabel_confusion_matrix", "precision_recall_fscore_support",
    "precision_score", "recall_score", "zero_one_loss",
)  # fmt: skip

# What each parameter may be, from scikit-learn's own function of the name; read once, since its
# names may be f1core's later (that is how its tests are run here).
_TABLES = {name: getattr(sklearn.metrics, name)._skl_parameter_constraints for name in NAMES}
_CONSTRAINTS = {
    name: {key: [make_constraint(c) for c in listed] for key, listed in table.items()}
    for name, table in _TABLES.items()
}


def check(function: str, given: dict[str, Any]) -> None:
    """Refuse the parameters that scikit-learn's function of this name refuses.

    Raises
    ------
    InvalidParameterError
        A ValueError and a TypeError in one, as scikit-learn's.
    """
    for name, constraints in _CONSTRAINTS[function].items():
        value = given[name]
        for constraint in constraints:
            if constraint.is_satisfied_by(value):
                break
        else:
            validate_parameter_constraints(_TABLES[function], {name: value}, function)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the user's line, yet as `sklearn.metrics._classification`.

    So a filter written for scikit-learn, by message, category or module, does what it did.
    """
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module="sklearn.metrics._classification",
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def warn_undefined(metric: str, modifier: str, average: str | None, size: int) -> None:
    """Say that a ratio is 0/0 somewhere, as scikit-learn words it."""
    within, lacking = ("sample", "label") if average == "samples" else ("label", "sample")
    where = "due to" if size == 1 else f"in {within}s with"
    warn(
        f"{metric} is ill-defined and being set to 0.0 {where} no {modifier} {lacking}s. "
        "Use `zero_division` parameter to control this behavior.",
        UndefinedMetricWarning,
    )
