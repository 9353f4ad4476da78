"""Models that are drawn in one picture: the rows and scores of each, and what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import F1Error, shown
from ..option_values import word
from .class_names import short_names
from .style import DASHES, MODELS, legend_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTERS = 40


class Model(NamedTuple):
    """A model's name (None where there is but one), its rows, and the options of these."""

    name: str | None
    true: Any
    prob: Any
    options: dict[str, Any]


def named(given: Any, what: str, label: Any) -> list[tuple[str | None, Any]]:
    """Pair what is drawn with names: those of a dict, `label`, or None where nothing names it."""
    several = isinstance(given, dict)
    if label is not None:
        if several:
            raise F1Error(f"label={shown(label)} names one model, and {what} names each of its own")
        return [(short_names([word("label", label)], _LETTERS)[0], given)]
    if not several:
        return [(None, given)]
    if not given:
        raise F1Error(f"{what} is {{}}; name at least one model")
    if len(given) > len(MODELS):
        raise F1Error(f"{what} has {len(given):,} models; a picture shows {len(MODELS)} at most")
    return list(zip(short_names(given, _LETTERS), given.values(), strict=True))


def models_of(y_true: Any, y_prob: Any, label: Any, options: dict[str, Any]) -> list[Model]:
    """Read `y_prob` as one model, or as several by name; truth and weights may be by name too."""
    pairs = named(y_prob, "y_prob", label)
    weight = options.get("sample_weight")
    if not isinstance(y_prob, dict):
        return [Model(name, y_true, prob, options) for name, prob in pairs]
    for what, value in (("y_true", y_true), ("sample_weight", weight)):
        if isinstance(value, dict) and value.keys() != y_prob.keys():
            raise F1Error(f"{what} names {shown(list(value))}, y_prob {shown(list(y_prob))}")
    found = []
    for key, (name, prob) in zip(y_prob, pairs, strict=True):
        true = y_true[key] if isinstance(y_true, dict) else y_true
        own = {"sample_weight": weight[key]} if isinstance(weight, dict) else {}
        found.append(Model(name, true, prob, {**options, **own}))
    return found


def model_line(ax: Axes, name: str) -> dict[str, Any]:
    """Choose the colour, dashes and label of the next model on these axes."""
    place = len(ax.get_legend_handles_labels()[1]) % len(MODELS)
    return {"color": MODELS[place], "linestyle": DASHES[place], "label": legend_name(name)}
