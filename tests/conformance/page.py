"""The page docs/wrong-numbers.md, written from results and findings."""

# ruff: noqa: E501 - lines of a page

from __future__ import annotations

from fractions import Fraction
from typing import Any

from findings import FINDINGS

HEAD = """# Numbers that others get wrong

Which numbers of other libraries deviate from exact fractions, the smallest input that shows each, and what it should be.

<!-- Written by `python tests/conformance/peers.py`; edit findings.py and page.py in that folder. -->

{vectors} conformance vectors (`tests/conformance`, with a README) hold inputs and right values as fractions. The tables
are what the versions named printed for them, and each snippet is the smallest input that shows a point, with what it
printed. **scikit-learn is right** wherever it answers, but for the last digits of one extreme matrix; so are **Ignite**,
**seqeval** and **optimal-classification-cutoffs**. Most of what deviates elsewhere is not wrong but *another
definition*, and worth knowing before two numbers are compared.

- **Wrong number**: against the library's own documentation, or the source that it names.
- **Another definition**: another meaning of the same word; both can be defended.
- **Rounding**: float32 where that shows, an epsilon in a formula, products that cancel.
- **Refused**: no number but an exception.

"Rounded" in the table is what agrees to six digits and not to the last ones, as float32 does; nobody is blamed for that.
"Not offered" is no fault either: many of these libraries do one thing.
"""
TAIL = """
## Not run

**evaluate** 0.4.6: its metrics are scripts that are fetched from the Hub, and this runs without a network.
Those for F1, precision, recall, accuracy, MCC and ROC AUC call scikit-learn, those for spans seqeval.

## How to run it again

```
tox -e peers,peers-cutoffs
```

The first needs torch and takes minutes; the second needs Python 3.12. Each writes what it ran into
`tests/conformance/results.json`, and this page from all that is there. A deviation without an entry in
`tests/conformance/findings.py` fails the run. Corrections are welcome: an entry is a few lines.
"""
WORDS = {"wrong": "wrong number", "definition": "another definition"}


NOTES = {"Keras": "On TensorFlow and on JAX the snippets print the same numbers.\n"}


def shown(value: Any) -> str:
    """A number, short; lists in full."""
    if isinstance(value, dict):
        value = value.get("value", value.get("in"))
    if isinstance(value, list):
        return "[" + ", ".join(shown(each) for each in value) + "]"
    if value is None:
        return "RuntimeError"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(value)
    if len(text) > 24 and "sqrt" not in text and "/" in text:
        return f"{float(Fraction(text)):.10g}"
    return f"{float(text):.10g}" if len(text) > 16 and "." in text else text


def table(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]) + "\n"


def overview(results: dict[str, Any]) -> str:
    rows = [["", "version", "right", "rounded", "deviates", "refused", "not offered"]]
    for name, found in results.items():
        rows.append([f"[{name}](#{name.lower()})", found["version"]])
        rows[-1] += [str(count) for count in found["tally"].values()]
    return table(rows)


def section(name: str, found: dict[str, Any], vectors: dict[str, Any]) -> str:
    parts = [f"## {name}\n\nVersion {found['version']}, Python {found['python']}.\n"]
    parts += [NOTES[name]] if name in NOTES else []
    mine = [f for f in FINDINGS if f.peer == name]
    if not found["off"] and not mine:
        parts.append("Every vector that it can be asked comes out right.\n")
    for finding in mine:
        word = WORDS.get(finding.verdict, finding.verdict)
        link = f" [Known]({finding.link})." if finding.link else ""
        parts.append(
            f"### {finding.title}\n\n*{word[0].upper() + word[1:]}.* {finding.why}{link}\n\n"
            "<!-- not run: what the version above printed is below -->\n"
            f"```python\n{finding.code}\n```\n\n"
            f"prints `{found['printed'][finding.title]}`; by the vectors it is `{finding.right}`.\n"
        )
    if found["off"]:
        rows = [["vector", "value", "printed", "by the vectors"]]
        for vector, values in found["off"].items():
            for value, got in values.items():
                if value == "error":
                    rows.append([f"`{vector}`", "", got.replace("|", "\\|"), ""])
                else:
                    right = shown(vectors[vector]["expected"][value])
                    rows.append([f"`{vector}`", f"`{value}`", shown(got), right])
        parts.append(f"### Every deviation of {name}\n\n{table(rows)}")
    return "\n".join(parts)


def written(results: dict[str, Any], vectors: dict[str, Any]) -> str:
    sections = [section(name, found, vectors) for name, found in results.items()]
    head = HEAD.format(vectors=len(vectors))
    return "\n".join([head, overview(results), *sections]) + TAIL
