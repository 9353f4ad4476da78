"""Pictures of thresholds: what each gives, of one label, of several, and of several models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import F1Error, parameters_of, refuse_unknown, shown
from ..option_values import whole
from ..options import make_options
from ..thresholds import curve
from ..thresholds.one_vs_rest import columns_batch
from .class_names import places_of, short_names
from .cut_lines import CutLines, cut_lines, most_gained
from .models import Model, model_line, models_of
from .ranked_lines import checked_cuts
from .style import (
    BLUE,
    DARK,
    FAINT,
    GREY,
    POINTS,
    RED,
    amount,
    checked_title,
    despine,
    finish,
    grid_of_axes,
    head,
    legend,
    new_axes,
    number_of,
    plain,
    wrapped,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FLOORS = ("min_precision", "min_recall")
_PANELS = 12
_OF_ROWS = ("classes", "from_logits", "ignore_index", "pos_label")


def threshold(
    y_true: Any,
    y_prob: Any,
    *,
    of: Any = None,
    threshold: Any = None,
    label: str | None = None,
    title: str | None = None,
    limit: int = _PANELS,
    ax: Axes | None = None,
    **options: Any,
) -> Any:
    """Draw F1 (or F-beta), precision and recall against the threshold, the best one marked.

    Parameters
    ----------
    y_true, y_prob
        (n,) labels and probabilities, as `f1core.curve` takes them; (n, L) with
        task="multilabel", (n, C) with "multiclass", of which each class is taken against the rest.
        A dict of names and probabilities draws the F1 of each model; truth and weights may be such
        dicts too.
    of
        A label or class, or several, by name or number: only these are drawn.
    threshold
        One that is marked too, or one a label.
    label
        A model's name, to draw several on the same `ax` one after another.
    title
        Written above what is measured.
    limit
        Of more labels than that, those whose F1 gains most over `p > 0.5`.
    ax
        Where to draw one label; by default a new figure.
    **options
        Of `f1core.curve`; `min_precision` or `min_recall` mark the threshold that keeps it.

    Returns
    -------
    Axes
        Or a list of them, one a label, of a multilabel or multiclass task without one `of`.

    Raises
    ------
    F1Error
        If matplotlib is missing, or the input cannot be scored.

    Examples
    --------
    >>> import f1core.plots
    >>> ax = f1core.plots.threshold([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.8])  # doctest: +SKIP
    """
    known = (*_FLOORS, "of", "threshold", "label", "title", "limit", "ax", *parameters_of(curve))
    refuse_unknown(options, known, "plots.threshold")
    heading, most = checked_title(title), whole("limit", limit)
    floors = {name: options.pop(name) for name in _FLOORS if options.get(name) is not None}
    task = options.get("task")
    make_options(task if task is None or isinstance(task, str) else str(task))  # or refuses it
    if task in ("multiclass", "multilabel"):
        return _labels(y_true, y_prob, of, threshold, label, heading, most, floors, ax, options)
    if of is not None:
        raise F1Error(f"of={shown(of)} is for labels; a binary task has one")
    options.pop("task", None)
    models = models_of(y_true, y_prob, label, options)
    cuts = checked_cuts(threshold, None, 1)
    found = [cut_lines(m.true, m.prob, cuts, floors, m.options) for m in models]
    ax = new_axes(7.0, 4.2) if ax is None else ax
    told = _draw(ax, models, found, floors)
    head(ax, heading, *told)
    _finish(ax, found)
    return ax


def _draw(
    ax: Axes, models: list[Model], found: list[CutLines], floors: dict[str, Any]
) -> list[str]:
    """Draw one label's lines, or the F1 of each model; give what is to be written above."""
    lines = found[0]
    for floor, least in floors.items():
        ratio = floor.removeprefix("min_")
        why = f"the highest {lines.metric} with a {ratio} of at least {least:g}"
    if models[0].name is None:
        _one(ax, lines)
        _floors(ax, floors)
        if not floors:
            low, high = lines.as_good
            why = f"grey: {lines.name} at most 5% lower, from {low:.3g} to {high:.3g}"
            ax.axvspan(low, high, color=GREY, alpha=0.3, lw=0)
        legend(ax, loc="best")
        rows = f"{number_of(lines.rows, 'row')}, {amount(lines.positives)} positive"
        return [lines.told(), why, rows]
    same = len({each.rows for each in found}) == 1 and len(models) > 1
    for model, each in zip(models, found, strict=True):
        style = model_line(
            ax,
            f"{model.name}  {each.name} {each.best:.4f} at p > {each.at:.4g}"
            + ("" if same else f", {number_of(each.rows, 'row')}"),
        )
        _model(ax, each, style)
    _floors(ax, floors)
    legend(ax, loc="best")
    told = f"{lines.name} at each threshold, the best marked"
    if floors:
        told = f"{lines.name} at each threshold; marked: {why}"
    return [told, *([number_of(lines.rows, "row")] if same else [])]


def _floors(ax: Axes, floors: dict[str, Any]) -> None:
    """Draw the least precision or recall."""
    for floor, least in floors.items():
        ax.axhline(least, color=BLUE if floor == "min_precision" else RED, lw=0.8, ls=":")


def _one(ax: Axes, lines: CutLines, small: bool = False) -> None:
    """Draw precision, recall and F-beta of one label."""
    for values, colour, name in (
        (lines.precision, BLUE, "precision"), (lines.recall, RED, "recall"),
        (lines.fbeta, DARK, lines.name),
    ):  # fmt: skip
        width = (2.2 if colour == DARK else 1.3) * (0.75 if small else 1.0)
        ax.plot(lines.x, values, color=colour, lw=width, label=name, drawstyle="steps-post")
    ax.axvline(lines.at, color=DARK, lw=0.8, ls=":")
    ax.plot(lines.at, lines.best, "o", color=DARK, ms=4 if small else 6)
    for cut, value in lines.marked:
        ax.axvline(cut, color=FAINT, lw=0.8, ls="--")
        ax.plot(cut, value, "s", color="white", mec=DARK, ms=4 if small else 6)
        if not small:
            ax.annotate(
                f"{lines.name} {value:.4f} at p > {cut:.4g}", (cut, value), xytext=(6, 5),
                textcoords="offset points", fontsize=8, color=DARK,
            )  # fmt: skip


def _model(ax: Axes, lines: CutLines, style: dict[str, Any], small: bool = False) -> None:
    """Draw the F-beta of one model."""
    ax.plot(lines.x, lines.fbeta, lw=1.2 if small else 1.6, drawstyle="steps-post", **style)
    ax.plot(lines.at, lines.best, "o", color=style["color"], ms=4 if small else 6, mec="white")
    for cut, value in lines.marked:
        ax.plot(cut, value, "s", color="white", mec=style["color"], ms=4 if small else 6)


def _finish(ax: Axes, found: list[CutLines]) -> None:
    ax.set_xlim(0.0, max(lines.end for lines in found))
    # Where even the best is low, its hill would be a ripple on an axis up to 1.
    highest = max(float(lines.fbeta.max()) for lines in found)
    ax.set_ylim(0.0, 4 * highest if 0 < highest < 0.25 else 1.02)
    ax.set_xlabel("threshold")
    despine(ax)
    finish(ax)


def _labels(
    y_true: Any, y_prob: Any, of: Any, threshold: Any, label: Any, title: str | None, limit: int,
    floors: dict[str, Any], ax: Axes | None, options: dict[str, Any],
) -> Any:  # fmt: skip
    """Draw a small picture of each label."""
    models = models_of(y_true, y_prob, label, options)
    task = str(options["task"])
    read = {name: options[name] for name in _OF_ROWS if name in options}
    checked = make_options(task, **read)
    batches = [
        columns_batch(m.true, m.prob, checked, m.options.get("sample_weight"))[0] for m in models
    ]
    size = batches[0].n_classes
    names = list(batches[0].options.names or range(size))
    if any(list(b.options.names or range(b.n_classes)) != names for b in batches):
        raise F1Error("models have different classes: give those that all have")
    cuts = checked_cuts(threshold, "multilabel", size)
    passed: dict[str, Any] = {
        k: options[k] for k in ("beta", "zero_division", "threads") if k in options
    }

    def one(model: Model, batch: Any, place: int) -> CutLines:
        own = {"ignore_index": batch.options.ignore_index} | passed
        own |= {"sample_weight": model.options.get("sample_weight")}
        own |= {"from_logits": batch.options.from_logits}
        mark = cuts[[place]] if len(cuts) > 1 else cuts
        few = 1000 if len(places) > 1 else POINTS
        return cut_lines(batch.true[:, place], batch.pred[:, place], mark, floors, own, few)

    if of is None:
        weight = {"sample_weight": models[0].options.get("sample_weight")}
        places, more = most_gained(batches[0], limit, passed | weight)
    else:
        places, more = places_of(of, names), ""
    told = short_names([names[k] for k in places])
    if ax is not None and len(places) > 1:
        raise F1Error("ax= has room for one label; say which, of=…")
    found = [[one(m, b, k) for m, b in zip(models, batches, strict=True)] for k in places]
    rest = " against the rest" if task == "multiclass" else ""
    if len(places) == 1:
        ax = new_axes(7.0, 4.2) if ax is None else ax
        head(ax, title, *[f"{told[0]}{rest}", *_draw(ax, models, found[0], floors)])
        _finish(ax, found[0])
        return ax
    return _panels(models, found, told, title, rest, more)


def _panels(
    models: list[Model], found: list[list[CutLines]], names: list[str],
    title: str | None, rest: str, more: str,
) -> list[Any]:  # fmt: skip
    """Draw small pictures in rows of up to four."""
    from matplotlib.ticker import MaxNLocator

    columns = min(len(names), 3 if len(names) in (3, 5, 6, 9) else 4)
    rows = -(-len(names) // columns)
    axes = grid_of_axes(rows, columns, 0.6 + 2.55 * columns, 1.0 + 2.05 * rows)
    figure: Any = axes[0].figure
    name = found[0][0].name
    for ax, each, told in zip(axes, found, names, strict=False):
        lines = each[0]
        if models[0].name is None:
            _one(ax, lines, small=True)
            ax.set_title(f"{told}\n{lines.name} {lines.best:.3f} at p > {lines.at:.3g}",
                         fontsize=8.5, loc="left")  # fmt: skip
        else:
            for model, one in zip(models, each, strict=True):
                _model(ax, one, model_line(ax, str(model.name)), small=True)
            ax.set_title(told, fontsize=8.5, loc="left")
        _finish(ax, each)
        ax.set_xlabel("threshold", fontsize=8)
        ax.tick_params(labelsize=7.5)
        ax.xaxis.set_major_locator(MaxNLocator(4))
    for ax in axes[: max(0, len(names) - columns)]:
        ax.set_xlabel("")
    for ax in axes[len(names) :]:
        ax.remove()
    what = "precision, recall and " if models[0].name is None else ""
    head_line = f"{what}{name} at each threshold{rest}, {number_of(found[0][0].rows, 'row')}{more}"
    above = [part for line in (title or "", head_line) for part in wrapped(line, 33 * columns)]
    figure.suptitle("\n".join(map(plain, above)), fontsize=10, x=0.01, ha="left")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=9
    )
    finish(figure)
    return axes[: len(names)]
