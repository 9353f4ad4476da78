"""Render the contents of a report as one HTML page that asks for nothing over the network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib import resources
from string import Template
from typing import Any

# The files of the page's own script, in the order in which they are read: they share one scope.
SCRIPTS = (
    "format", "dom", "cuts", "choice", "table", "charts", "headline", "threshold", "costs",
    "copy", "classes", "matrix", "curves", "calibration", "groups", "baseline", "main",
)  # fmt: skip
# Libraries as they are published, each with its licence.
LIBRARIES = {"d3": "d3.min.js", "plot": "plot.umd.min.js"}


def _asset(*path: str) -> str:
    """Read the text of a file that the package brings."""
    return resources.files(__package__).joinpath("assets", *path).read_text(encoding="utf-8")


def _library(name: str) -> str:
    """Read a library, with its licence before it, which must go wherever the library goes."""
    licence = _asset("vendor", f"{name}.LICENSE.txt").strip()
    return f"/*!\n{licence}\n*/\n{_asset('vendor', LIBRARIES[name]).strip()}\n"


def _app() -> str:
    """Join the files of the page's own script, in a scope that the libraries do not see."""
    files = "\n".join(_asset("app", f"{name}.js") for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{files}}})();\n'


def _embedded(contents: dict[str, Any]) -> str:
    """Write JSON that no name in it can break out of: ASCII, without "<" (`</script`, `<!--`)."""
    text = json.dumps(contents, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _policy(scripts: list[str]) -> str:
    """Write a content security policy: these scripts alone run, and nothing is asked for.

    The charts set styles of their own, and draw a few pictures as `data:`.
    """
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()) for text in scripts]
    allowed = " ".join(f"'sha256-{digest.decode()}'" for digest in hashes)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def render(contents: dict[str, Any]) -> str:
    """Render a report's contents as one HTML page.

    Parameters
    ----------
    contents
        Plain data, as JSON takes it: numbers that are missing are None.

    Returns
    -------
    str
        A page in UTF-8 with its styles, its scripts and the contents inside.

    Raises
    ------
    ValueError
        Where `contents` hold NaN or an infinity.
    """
    scripts = {**{name: _library(name) for name in LIBRARIES}, "app": _app()}
    title = html.escape(str(contents["title"])).encode("ascii", "xmlcharrefreplace").decode()
    return Template(_asset("template.html")).substitute(
        scripts,
        title=title,
        style=_asset("style.css"),
        policy=_policy(list(scripts.values())),
        report=_embedded(contents),
    )
