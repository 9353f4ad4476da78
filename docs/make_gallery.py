"""Draw the gallery: each picture by the Python and by the command line that its page shows.

`python docs/make_gallery.py FOLDER` writes the pictures and `index.md` there, from `tests/data`;
the build of the site does so by itself.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
_DOTS = 100  # an inch
_COLOURS = 200  # of a picture's palette: a third of the bytes, and nothing to be seen
_MOST = 60_000  # bytes of a picture


class Picture(NamedTuple):
    """A picture: its file, heading, what it shows, and the code that draws it."""

    name: str
    heading: str
    about: str
    code: str
    command: str = ""  # empty where the command line has no such picture


DATA = """
import numpy as np
import pandas as pd
import f1core
from f1core import plots

flights = np.load("tests/data/flights.npz")
late, p_late = flights["y_true"], flights["y_prob"]

jobs = pd.read_csv("tests/data/hpc_cv.csv")
speeds = ["VF", "F", "M", "L"]

species = pd.read_parquet("tests/data/species.parquet")
scores = species.drop(columns="species")
names = [column.removeprefix("p_") for column in scores]

roles = pd.read_csv("tests/data/roles.csv")
is_role, p_role = roles.filter(regex="^true_"), roles.filter(regex="^p_")
labels = [column.removeprefix("p_") for column in p_role]
"""

JOBS = "tests/data/hpc_cv.csv --target obs --probabilities VF,F,M,L"
SPECIES = "tests/data/species.parquet --target species --probabilities 'p_*'"
ROLES = "tests/data/roles.csv --target 'true_*' --probabilities 'p_*' --task multilabel"

PICTURES = [
    Picture(
        "threshold", "F1 at every threshold",
        "The best threshold is marked, and in grey all that are nearly as good; a second one is "
        "compared with it.",
        'plots.threshold(late, p_late, threshold=0.1, title="Flights over five hours late")',
        "f1core plot tests/data/flights.npz --kind threshold --threshold 0.1 "
        '--title "Flights over five hours late"',
    ),
    Picture(
        "thresholds", "A threshold for each label",
        "The six labels whose F1 gains most over `p > 0.5`; without `limit` it would be twelve.",
        'plots.threshold(is_role, p_role, task="multilabel", classes=labels, limit=6)[0]',
        f"f1core plot {ROLES} --kind threshold --limit 6 --title ''",
    ),
    Picture(
        "tuned", "Before and after tuning",
        "`per_class` compares models, or the same scores at two thresholds, with the interval of "
        "each F1.",
        """
        how = {"task": "multilabel", "classes": labels}
        best = f1core.best_threshold(is_role, p_role, **how)
        plots.per_class({
            "p > 0.5": f1core.score(is_role, p_role, **how),
            "tuned on these rows": f1core.score(is_role, p_role, threshold=best.threshold, **how),
        }, title="Roles")
        """,
    ),
    Picture(
        "confusion", "A confusion matrix",
        "Colours are shares of the true class on a linear scale; cells say how many rows they are.",
        'plots.confusion(f1core.score(jobs["obs"], jobs[speeds]), title="Speed of jobs")',
        f"f1core plot {JOBS} --kind confusion --title 'Speed of jobs'",
    ),
    Picture(
        "many-classes", "A confusion matrix of many classes",
        "Up to 60 classes all are drawn, of more those that are confused most, and all others "
        "together as one.",
        'plots.confusion(f1core.score(species["species"], scores), title="Species")',
        f"f1core plot {SPECIES} --kind confusion --title Species",
    ),
    Picture(
        "per-class", "F1 of each class",
        "Wide intervals belong to classes of few rows, whose number is at the right.",
        'plots.per_class(f1core.score(species["species"], scores), title="Species")',
        f"f1core plot {SPECIES} --kind per_class --title Species",
    ),
    Picture(
        "roc", "ROC curves of several models",
        "Here the probabilities, and the same rounded to two digits, as some exports write them: "
        "most flights have less than 0.005, and nothing ranks them any more.",
        """
        rounded = p_late.round(2)
        np.savez("build/rounded.npz", late=late, exact=p_late, rounded=rounded)
        plots.roc(late, {"as predicted": p_late, "two digits": rounded}, title="Rounding")
        """,
        "f1core plot build/rounded.npz --target late --model 'as predicted=exact' "
        "--model 'two digits=rounded' --kind roc --title Rounding",
    ),
    Picture(
        "many-roc", "ROC curves of many classes",
        "Of more than ten classes the three with the lowest areas have names.",
        'plots.roc(species["species"], scores, task="multiclass", title="Species")',
        f"f1core plot {SPECIES} --kind roc --title Species",
    ),
    Picture(
        "pr", "Precision and recall of each class",
        "Each class against the rest; the number beside its name is its average precision.",
        'plots.precision_recall(jobs["obs"], jobs[speeds], task="multiclass", classes=speeds)',
        f"f1core plot {JOBS} --kind pr --title ''",
    ),
    Picture(
        "calibration", "Calibration",
        "How often what is predicted comes true, with intervals, and in grey how the rows are "
        "spread. Axes end where rare things do.",
        """
        k = f1core.calibration(late, p_late, strategy="quantile")
        plots.reliability(k, title="Flights over five hours late")
        """,
        "f1core plot tests/data/flights.npz --kind calibration --strategy quantile "
        '--title "Flights over five hours late"',
    ),
    Picture(
        "class-calibration", "Calibration of each class",
        "Where the probabilities of which class are too high or too low; of more than ten classes "
        "those with the largest errors.",
        """
        k = f1core.calibration(jobs["obs"], jobs[speeds])
        plots.reliability(k, per_class=True, title="Speed of jobs")
        """,
    ),
]  # fmt: skip


def make(folder: Path) -> list[Path]:
    """Draw all pictures, write `index.md` beside them, and return what was written."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    parts = [
        "# Gallery",
        "The pictures of `f1core.plots` and `f1core plot`, each with the code that drew it, of the "
        "predictions in `tests/data`.",
        f"```python\n{DATA.strip()}\n```",
    ]
    with _in(ROOT):
        (ROOT / "build").mkdir(exist_ok=True)
        names: dict[str, Any] = {}
        exec(DATA, names)
        for picture in PICTURES:
            code = textwrap.dedent(picture.code).strip()
            *before, last = _statements(code)
            exec("\n".join(before), names)
            axes = eval(last, names)
            path = folder / f"{picture.name}.png"
            _save(axes.figure, path)
            pyplot.close("all")
            made.append(path)
            parts += [f"## {picture.heading}", picture.about, f"![{picture.heading}]({path.name})",
                      f"```python\n{code}\n```"]  # fmt: skip
            if picture.command:
                _run(picture.command, folder / "command.png")
                parts.append(f"```bash\n{picture.command}\n```")
            pyplot.close("all")
    (folder / "command.png").unlink()
    page = folder / "index.md"
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return [*made, page]


def _statements(code: str) -> list[str]:
    """Parse a piece of code, whose last statement gives the picture's axes."""
    return [ast.get_source_segment(code, node) or "" for node in ast.parse(code).body]


def _save(figure: Any, path: Path) -> None:
    """Write a figure with a palette of few colours."""
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=_DOTS, bbox_inches="tight")
    image = Image.open(buffer).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    image.save(path, optimize=True)
    size = path.stat().st_size
    if size > _MOST:
        raise SystemExit(f"{path} has {size:,} bytes, of {_MOST:,} at most")


def _run(command: str, output: Path) -> None:
    """Run a command line as it is shown, with its picture elsewhere."""
    from f1core.cli import main

    with contextlib.redirect_stdout(io.StringIO()):
        status = main([*shlex.split(command)[1:], "--output", str(output), "--force"])
    if status:
        raise SystemExit(f"{command} has the exit status {status}")


@contextlib.contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Change into a folder, and back again."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


if __name__ == "__main__":
    for written in make(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build" / "gallery")):
        print(f"{written.stat().st_size:8,} {written.name}")
