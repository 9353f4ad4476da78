"""Print how many Python calls into f1core each usual call makes: python bench/calls.py [package]

Each work is done twice before it is traced with `sys.setprofile`, on 1,000 x 10 float32 with the
kernels loaded, so that nothing is read or compiled for the first time. `package` names another
copy of f1core that Python can import, to take figures side by side.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ROWS, CLASSES = 1000, 10


def traced(work: Callable[[], Any], root: str) -> list[tuple[str, str]]:
    """Return (file, function) of each Python call below `root` that `work` makes, in order."""
    found: list[tuple[str, str]] = []

    def note(frame: Any, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(root):
            name = getattr(code, "co_qualname", code.co_name)  # from Python 3.11 on
            found.append((code.co_filename[len(root) + 1 :], name))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


def works(package: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield the name of each work and a function that does it."""
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, CLASSES, ROWS), rng.random((ROWS, CLASSES), dtype=np.float32)
    flags, labels = rng.integers(0, 2, p.shape), rng.integers(0, CLASSES, ROWS)
    ids = np.arange(ROWS)
    f1_score = import_module(f"{package.__name__}.adapters.sklearn").f1_score

    def updated(**options: Any) -> Any:
        made = package.Accumulator("multiclass", classes=CLASSES)
        if not options.pop("first", False):
            made.update(y, p, **options)
        return lambda: made.update(y, p, **options)

    yield "score(y, P)", lambda: package.score(y, p)
    yield "score(y, P).macro.f1", lambda: package.score(y, p).macro.f1
    yield "score(Y, P, task='multilabel')", lambda: package.score(flags, p, task="multilabel")
    yield "score(y > 4, P[:, 0])", lambda: package.score(y > 4, p[:, 0])
    yield "score(y, labels)", lambda: package.score(y, labels)
    yield "Accumulator.update, first", updated(first=True)
    yield "Accumulator.update, again", updated()
    yield "Accumulator.update(sample_id=)", updated(sample_id=ids)
    yield "adapters.sklearn.f1_score", lambda: f1_score(y, labels, average="macro")


def main(name: str = "f1core") -> None:
    """Print one line a work: calls, distinct functions, files."""
    package = import_module(name)
    package.warm_up()
    root = str(Path(package.__file__ or "").parent)
    print(f"{'':32}{'calls':>7}{'functions':>11}{'files':>7}")
    for (label, work), (_, fresh), (_, last) in zip(
        works(package), works(package), works(package), strict=True
    ):
        work()
        fresh()
        found = traced(last, root)
        files = {file for file, _ in found}
        print(f"{label:32}{len(found):7}{len(set(found)):11}{len(files):7}")
        if "-v" in sys.argv:
            for file, function in found:
                print(f"    {file}:{function}")


if __name__ == "__main__":
    main(*[each for each in sys.argv[1:] if not each.startswith("-")])
