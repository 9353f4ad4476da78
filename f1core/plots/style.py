"""How pictures look: colours, names, new axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import missing, plain_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Told apart by the colour-blind too (Paul Tol's bright scheme); what matters is dark.
BLUE, RED, DARK, GREY = "#4477AA", "#CC6677", "#222222", "#BBBBBB"
# Of classes that are drawn together (his muted scheme, from the most distinct on).
COLOURS = (
    "#332288", "#CC6677", "#44AA99", "#DDAA33", "#88CCEE", "#882255", "#117733", "#999933",
    "#AA4499", "#777777",
)  # fmt: skip
POINTS = 4000  # of a curve, which is more than pixels across
_LETTERS = 28  # of a class's name


def short_name(name: str) -> str:
    """A class's name as it fits beside an axis."""
    short = name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
    return plain_text(short).replace("$", r"\$")  # between two of which formulas are set


def new_axes(width: float, height: float) -> Axes:
    """Axes of a new figure, so many inches large."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise missing("f1core.plots", "matplotlib", "plot") from None
    ax: Axes = pyplot.subplots(figsize=(width, height), layout="constrained")[1]
    return ax
