"""Completion of a shell: what argcomplete is told of columns, and how it is turned on."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from typing import Any

from ..io import sources
from ..io.spelling import Spelling

HOW = """shell completion of commands, options, files and columns:
  pip install argcomplete
  eval "$(register-python-argcomplete f1core)"     # in ~/.bashrc or ~/.zshrc"""


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks what may come next, and end; else do nothing."""
    if "_ARGCOMPLETE" in os.environ:
        with suppress(ImportError):
            import argcomplete

            argcomplete.autocomplete(parser)


def columns_of(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
    """Complete a column (of several by comma, the last) from those of the first file typed."""
    given = getattr(parsed_args, "paths", None) or getattr(parsed_args, "new", None)
    before = prefix[: prefix.rfind(",") + 1]
    try:
        first = sources.found(given)[0]
        source = sources.open_file(first, Spelling())
    except Exception:  # a file that is not there yet, or no file: a shell is told nothing
        return []
    names = [str(name) for name in source.names]
    source.close()
    return [before + name for name in names if name.startswith(prefix[len(before) :])]
