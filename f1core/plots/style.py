"""How pictures look: colours, sizes, titles, and fonts that hold what is written."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import F1Error, missing, plain_text, shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by the colour-blind too (Paul Tol's bright scheme); what matters is dark.
BLUE, RED, DARK, GREY = "#4477AA", "#CC6677", "#222222", "#BBBBBB"
FAINT = "#6B6B6B"  # text beside what matters: 5 times as dark as white paper
# Of classes that are drawn together (his muted scheme, from the most distinct on).
COLOURS = (
    "#332288", "#CC6677", "#44AA99", "#DDAA33", "#88CCEE", "#882255", "#117733", "#999933",
    "#AA4499", "#777777",
)  # fmt: skip
# Of models that are drawn together: as dark as each other, and told apart by their dashes in grey.
MODELS = ("#4477AA", "#D1495B", "#228833", "#AA7700", "#7B3294", "#222222")
DASHES = ("-", (0, (6, 1.5)), (0, (3, 1)), (0, (6, 1.5, 1, 1.5)), (0, (1, 1)), (0, (9, 2)))
POINTS = 4000  # of a curve, which is more than pixels across
_TITLE = 9.5  # points


def new_axes(width: float, height: float) -> Axes:
    """Make the axes of a new figure, so many inches large."""
    ax: Axes = grid_of_axes(1, 1, width, height)[0]
    return ax


def grid_of_axes(rows: int, columns: int, width: float, height: float) -> list[Any]:
    """Make the axes of a new figure in rows and columns, row by row."""
    try:
        from matplotlib import pyplot
    except ImportError:
        raise missing("f1core.plots", "matplotlib", "plot") from None
    axes = pyplot.subplots(
        rows, columns, figsize=(width, height), layout="constrained", squeeze=False
    )[1]
    return list(axes.flat)


def plain(text: Any) -> str:
    """Write any text so that it is drawn as it is: no formula, no control, no missing glyph."""
    told = plain_text(text)
    if not told.isascii():
        missed = frozenset(told) - _drawable()
        missed = missed and missed - fallbacks(missed)[1]
        told = "".join(ascii(c)[1:-1] if c in missed else c for c in told)
    return told.replace("$", r"\$")  # between two of which formulas are set


def checked_title(title: Any) -> str | None:
    """Check `title=`: text, or None for none."""
    if title is not None and not isinstance(title, str):
        raise F1Error(f"title is {shown(title)}; give text")
    return title or None


def head(ax: Axes, title: str | None, *lines: str) -> None:
    """Write what is drawn above the axes, a line each; above that the title, where there is one."""
    inches = ax.get_window_extent().width / ax.figure.dpi
    fits = max(24, int(inches * 1.1 * 72 / (0.5 * _TITLE)))  # a letter is half as wide as high
    told = [each for line in lines for each in wrapped(line, fits)]
    below = ax.set_title("\n".join(told), fontsize=_TITLE, loc="left", color="#333333")
    if title:
        fits = max(20, int(fits * _TITLE / 13))  # bold and larger
        ax.annotate(
            "\n".join(map(plain, wrapped(title, fits))), (0, 1), xycoords=below,
            xytext=(0, 3), textcoords="offset points", fontsize=11.5, fontweight="bold",
            va="bottom", ha="left", color=DARK,
        )  # fmt: skip


def wrapped(line: str, letters: int) -> list[str]:
    """Break a line into several of so many letters at most, where words allow it."""
    return textwrap.wrap(line, letters, break_long_words=False, break_on_hyphens=False)


def finish(part: Axes | Figure) -> None:
    """Let every text of a picture have a font that holds it, and no TeX that reads it."""
    from matplotlib.text import Text

    for text in part.findobj(Text):
        assert isinstance(text, Text)
        told = text.get_text()
        text.set_usetex(False)
        if not told.isascii():
            missed = frozenset(told) - _drawable() - {"\n"}
            if missed:
                text.set_fontfamily([*text.get_fontfamily(), *fallbacks(missed)[0]])


def legend(ax: Axes, **options: Any) -> None:
    """Name the labelled lines, on paper that hides what lies below."""
    if ax.get_legend_handles_labels()[1]:
        plain_box = {"frameon": True, "framealpha": 0.85, "edgecolor": "none", "borderpad": 0.3}
        ax.legend(**{**plain_box, "facecolor": "white", "fontsize": 8.5, **options})


def legend_name(name: str) -> str:
    """Put a blank before a name with a leading underscore: matplotlib hides such labels."""
    return f" {name}" if name.startswith("_") else name


def despine(ax: Axes) -> None:
    """Leave two of the four sides of a frame."""
    ax.spines[["top", "right"]].set_visible(False)


def contrasting(colour: Any) -> str:
    """Choose black or white, whichever is read more easily on a colour (WCAG 2: over 4.5)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if (light + 0.05) ** 2 < 1.05 * 0.05 else "black"


def amount(rows: float) -> str:
    """Write a number of rows, or a sum of their weights."""
    return f"{rows:,.0f}" if rows == round(rows) else f"{rows:,.6g}"


def number_of(rows: float, what: str) -> str:
    """Write a number of rows or classes: "1 row", "12,345 rows", "4.5 weighted rows"."""
    weighted = "" if rows == round(rows) else "weighted "
    ending = "" if rows == 1 else "es" if what.endswith("s") else "s"
    return f"{amount(rows)} {weighted}{what}{ending}"


@lru_cache
def _characters(path: str) -> frozenset[str]:
    from matplotlib.font_manager import get_font

    return frozenset(map(chr, get_font(path).get_charmap()))


def _drawable() -> frozenset[str]:
    """Find the characters of matplotlib's default font."""
    from matplotlib.font_manager import FontProperties, findfont

    return _characters(findfont(FontProperties()))


@lru_cache
def fallbacks(characters: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
    """Find families of installed fonts for these characters, and which of them they hold."""
    from matplotlib.font_manager import fontManager

    # Upright sans-serif ones first; a family may have files for each script.
    files = sorted(
        {(f.weight != 400 or f.style != "normal", "Sans" not in f.name, f.name, f.fname)
         for f in fontManager.ttflist if "Last Resort" not in f.name}
    )  # fmt: skip
    found: dict[str, None] = {}
    held: set[str] = set()
    for *_, family, path in files:
        if characters <= held:
            break
        try:
            more = (characters & _characters(path)) - held
        except Exception:  # a font that cannot be opened holds nothing
            continue
        if more:
            found[family] = None
            held |= more
    return tuple(found), frozenset(held)


def as_list(values: Any) -> list[Any]:
    """Make a list of one value; of lists, tuples and arrays their values."""
    several = isinstance(values, (list, tuple)) or getattr(values, "ndim", 0) == 1
    return list(values) if several else [values]


def longest(names: Iterable[str]) -> int:
    """Count the letters of the longest line of some names."""
    return max((len(line) for name in names for line in name.split("\n")), default=0)
