"""write_report(): a page for the browser out of scores that were counted already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import F1Error, shown
from ..scores import Scores
from ..writing import check_target, write_whole
from .contents import contents
from .page import render


def write_report(scores: Scores, output: Any, *, title: Any, force: Any) -> Path:
    """Write what `Scores.report` does: a page without cuts, of which counts tell nothing."""
    if title is not None and not isinstance(title, str):
        raise F1Error(f"title is {shown(title)}; give a text")
    path = check_target(output, "report", force=force, named="output")
    write_whole(path, render(contents(scores, title=title)).encode())
    return path
