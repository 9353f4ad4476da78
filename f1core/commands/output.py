"""Numbers as commands print them: plain values for JSON, aligned columns."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np


def named(classes: list[Any], each: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The numbers of each class under its name."""
    return {str(name): numbers for name, numbers in zip(classes, each, strict=True)}


def without_nan(value: Any) -> Any:
    """Numbers of Python, and None for what is no number of JSON."""
    if isinstance(value, dict):
        return {name: without_nan(each) for name, each in value.items()}
    if isinstance(value, list):
        return [without_nan(each) for each in value]
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_columns(lines: list[tuple[str, ...]]) -> None:
    """Print rows of text, their cells below each other."""
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(f"{cell:>{size}}" for cell, size in zip(line, wide, strict=True)).rstrip())
