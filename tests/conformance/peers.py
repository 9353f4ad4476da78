"""Run the vectors through the peers that are installed, and write docs/wrong-numbers.md.

`python peers.py [NAME…]` keeps what results.json says of peers that are not named, or not installed
here; `--page` writes the page from results.json alone, `--check` fails if it is another.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import platform
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import more_findings  # noqa: F401 - adds to FINDINGS
import numpy as np
import page
import run
from findings import FINDINGS

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent.parent / "docs" / "wrong-numbers.md"
ADAPTERS = {  # names, adapters, what is imported
    "f1core": ("f1core", "f1core"),
    "scikit-learn": ("sklearn", "sklearn"),
    "torchmetrics": ("torchmetrics", "torchmetrics"),
    "torcheval": ("torcheval", "torcheval"),
    "Keras": ("keras", "keras"),
    "Ignite": ("ignite", "ignite"),
    "confidenceinterval": ("confidenceinterval", "confidenceinterval"),
    "optimal-classification-cutoffs": ("optimal_cutoffs", "optimal_cutoffs"),
    "seqeval": ("seqeval", "seqeval"),
}
NEAR = 1e-6  # relative: float32's rounding is no deviation


def plain(value: Any) -> Any:
    """Turn numbers into what JSON holds."""
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(each) for each in value]
    number = value.item() if hasattr(value, "item") else value
    return "nan" if number != number else number


def printed(code: str) -> str:
    """Run the snippet of a finding; return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "snippet", "exec"), {})
    return out.getvalue().strip()


def results_of(name: str) -> dict[str, Any]:
    """Ask a library for all vectors: outcomes, values that are off, what its snippets print."""
    adapter = run.load(HERE / "adapters" / f"{ADAPTERS[name][0]}.py")
    tally = dict.fromkeys(("right", "rounded", "deviates", "refused", "not offered"), 0)
    off: dict[str, Any] = {}
    for vector in run.vectors():
        found = run.outcome(adapter, vector)
        if found["status"] != "fail":
            tally["right" if found["status"] == "pass" else "not offered"] += 1
        elif "error" in found:
            tally["refused"] += 1
            off[vector["id"]] = {"error": found["error"].splitlines()[0][:120]}
        else:
            wrong = {
                n: plain(found["got"][n]) for n in found["wrong"]
                if not run.agrees(found["got"][n], vector["expected"][n], vector["ulp"], NEAR)
            }  # fmt: skip
            tally["deviates" if wrong else "rounded"] += 1
            if wrong:
                off[vector["id"]] = wrong
    snippets = {f.title: printed(f.code) for f in FINDINGS if f.peer == name}
    about = {"version": adapter.VERSION, "python": platform.python_version()}
    return {**about, "tally": tally, "off": off, "printed": snippets}


def unexplained(results: dict[str, Any]) -> list[str]:
    """List deviations without a finding."""
    patterns: dict[str, list[str]] = {}
    for f in FINDINGS:
        if f.verdict != "rounding" or f.vectors != "*":
            patterns.setdefault(f.peer, []).extend(p for p in f.vectors.split() if p != "*")
    return [
        f"{name}: {vector}"
        for name, found in results.items()
        for vector in found["off"]
        if not any(fnmatch(vector, pattern) for pattern in patterns.get(name, []))
    ]


def main() -> int:
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    named = [argument for argument in sys.argv[1:] if argument in ADAPTERS]
    if not {"--page", "--check"} & set(sys.argv):
        for name, (_, module) in ADAPTERS.items():
            if importlib.util.find_spec(module) and name in (named or ADAPTERS):
                print(f"{name} …", flush=True)
                results[name] = results_of(name)
                print(f"  {results[name]['version']}: {results[name]['tally']}", flush=True)
        results = {name: results[name] for name in ADAPTERS if name in results}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8", newline="\n")
    text = page.written(results, {v["id"]: v for v in run.vectors()})
    missing = unexplained(results)
    if missing:
        print("deviations without a finding:", *missing, sep="\n  ")
    if "--check" in sys.argv:
        return 1 if missing or PAGE.read_text("utf-8") != text else 0
    PAGE.write_text(text, "utf-8", newline="\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
