"""Errors in the words of a command line: options for parameters, columns for shapes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from functools import lru_cache

from ..errors import plain_text

# Other names that functions have for what an option gives.
_ALSO = {"y_true": "target", "y_pred": "probabilities", "y_prob": "probabilities"}
# What only somebody in Python can do or has, and what to say instead.
_PHRASES = {
    "scores of shape (n, C)": "a column of scores a class",
    " ([:, 1] where it is the second)": "",
    " (reshape(-1, 1) for a single one)": "",
    " or costs=": "",
    " below 2^63, or None": " below 2^63",
    "pass the scores as floating numbers": "give columns of scores",
    ", or force=True": ", or say --force",
}
_QUOTED = r"'(?:[^'\\]|\\.)*'"
_LIST = re.compile(r"(?<= is )\[([^\]]*)\]")
_SHAPE = re.compile(r"\((\d+),(?: (\d+))?\) ([a-z]+)\d*")
_KINDS = {"object": "text", "str": "text", "bool": "true and false", "int": "whole numbers",
          "uint": "whole numbers", "float": "numbers"}  # fmt: skip
_PLAIN = r"[\w.*%+/…-]+"  # of which a shell makes nothing else
# What follows an option's name where that is the subject, and no noun in the plural.
_VERBS = "is|has|holds|names|leaves|mixes|needs|comes|cannot|as|at"


def flags_of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Map the names of parameters to the options of a command that give them."""
    return {
        action.dest: next(each for each in action.option_strings if each.startswith("--"))
        for action in parser._actions
        if action.option_strings
    }


def spoken(error: object, flags: Mapping[str, str]) -> str:
    """Write an error for somebody at a command line that has these options.

    Examples
    --------
    >>> from f1core.commands.wording import spoken
    >>> flags = {"target": "--target", "classes": "--classes", "task": "--task"}
    >>> spoken("y_true is (9,) object: name them, classes=['no', 'yes'], or task='binary'", flags)
    '--target is one column of text: name them, --classes no,yes, or --task binary'
    """
    known = dict(flags) | {also: flags[name] for also, name in _ALSO.items() if name in flags}
    sentence = str(error)
    for phrase, instead in _PHRASES.items():
        sentence = sentence.replace(phrase, instead)
    if known:
        given, alone = _patterns(tuple(known))
        sentence = given.sub(lambda at: _with_value(known[at["name"]], at), sentence)
        sentence = alone.sub(lambda at: known.get(at["several"] or at["one"], at[0]), sentence)
    sentence = _LIST.sub(lambda at: _by_comma(at[1]), sentence)
    return plain_text(_SHAPE.sub(_columns, sentence))


@lru_cache(maxsize=1)
def _patterns(names: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Compile the patterns of name=value, and of a name alone, outside of quotes and paths."""
    every = "|".join(sorted(names, key=len, reverse=True))
    before, after = r"(?<![\w./-])(?<!column )", r"(?![\w=./])"
    several = r"(?P<true>True\b)|[\[(](?P<list>[^\])]*)[\])]"
    value = rf"{several}|(?P<text>{_QUOTED})|(?P<word>[^\s,;:()']*)"
    given = re.compile(rf"{before}(?P<name>{every})=(?:{value})")
    # A name of several words can be nothing else; one of one word may be a noun of the sentence.
    several = "|".join(sorted((name for name in names if "_" in name), key=len, reverse=True))
    subject = rf"(?:(?<=[:;,(] )|(?<=and )|(?<=or )|^)(?P<one>{every})(?= (?:{_VERBS})\b)"
    return given, re.compile(
        rf"{_QUOTED}|{before}(?P<several>{several or '(?!)'}){after}|{subject}"
    )


def _with_value(flag: str, at: re.Match[str]) -> str:
    """Write an option with its value as a shell takes both."""
    if at["true"] is not None:
        return flag
    if at["list"] is not None:
        return f"{flag} {'A,B,…' if at['list'] == '…' else _by_comma(at['list'])}"
    if at["text"] is not None:
        word = at["text"][1:-1]
        return f"{flag} {word if re.fullmatch(_PLAIN, word) else at['text']}"
    return f"{flag} {at['word']}".rstrip()


def _by_comma(entries: str) -> str:
    """Write the entries of a Python list as an option takes them: 'a', 'b' gives a,b."""
    return ",".join(filter(None, (entry.strip().strip("'") for entry in entries.split(","))))


def _columns(shape: re.Match[str]) -> str:
    """Write a shape and a dtype as words: (60, 3) float32 gives "3 columns of numbers"."""
    width, kind = shape[2], _KINDS.get(shape[3], shape[3])
    if width is None or width == "1":
        return f"one column of {kind}"
    return f"{int(width):,} columns of {kind}"
