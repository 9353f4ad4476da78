"""The one exception of f1core, and how its sentences are worded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from .foreign_names import hint_for, metric_of, nearest, ratio_of

_MOST = 40  # choices that a sentence names


class F1Error(ValueError):
    """Raised for every wrong input: it names the argument, what came, and what would do."""


class MissingExtra(F1Error, ImportError):
    """A library that an extra brings is not installed; also an `ImportError`, as Python's own."""


class UnknownOption(F1Error, TypeError):
    """A function has no option of this name; also a `TypeError`, as Python's own."""


class IdleOption(F1Error):
    """An option that what came has no use for."""


class MissingColumn(F1Error):
    """A column that is none of a source's; `within` is the sentence that names the source too."""

    def __init__(self, before: str, after: str = "") -> None:
        super().__init__(before + after)
        self.before, self.after = before, after

    def within(self, source: str) -> str:
        """Return the sentence with the name of the source in it."""
        return f"{self.before} in {source}{self.after}"


class WrongEnvironment(F1Error):
    """A variable of the environment asks for what cannot be: no file, group or row is at fault."""


class UnknownAttribute(F1Error, AttributeError):
    """A result has no attribute of this name; also an `AttributeError`, as Python's own."""


def missing(what: str, library: str, extra: str) -> MissingExtra:
    """Return the error for a part of f1core whose library is not installed."""
    return MissingExtra(f"{what} needs {library}: pip install 'f1core[{extra}]'")


def shown(value: Any, limit: int = 60) -> str:
    """Write a value as a short literal for a sentence."""
    try:
        if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
            value = value.item()
        text = repr(value)
    except Exception:  # an object that cannot even be shown
        text = f"a {type(value).__name__}"
    if "\n" in text:  # arrays and frames take several lines
        text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_of(name: str, value: Any, allowed: Iterable[Any]) -> str:
    """Return the sentence that a value is none of the allowed ones, with the nearest one."""
    choices = list(allowed)
    sentence = f"{name} is {shown(value)}; use one of {listed(choices, _MOST)}"
    if name == "metric" and isinstance(value, str):
        hint = metric_of(value, choices)
        if hint is not None:
            return f"{sentence} ({hint})"
    return sentence + did_you_mean(value, choices)


def did_you_mean(value: Any, choices: Iterable[Any]) -> str:
    """Return " (did you mean 'x'?)" with the nearest choice of text, or "" if none is near."""
    if not isinstance(value, str):
        return ""
    near = close_to(value[:100], (choice for choice in choices if isinstance(choice, str)))
    return f" (did you mean {near!r}?)" if near else ""


def listed(choices: Sequence[Any], most: int) -> str:
    """Write choices by comma, and of many only some, and how many more there are."""
    more = f" and {len(choices) - most:,} more" if len(choices) > most else ""
    return ", ".join(shown(choice) for choice in choices[:most]) + more


def close_to(text: str, choices: Iterable[Any]) -> str | None:
    """Return the choice that is nearest to a typed text, if any is near; ignores case."""
    import difflib  # 4 ms that a right input never pays

    names = {str(choice).lower(): str(choice) for choice in choices}
    near = difflib.get_close_matches(text.lower(), names, 1)
    return names[near[0]] if near else None


def refuse_unknown(
    given: Iterable[str], known: Iterable[str] | Callable[..., Any], who: str
) -> None:
    """Raise for the first option that `who` has not, and say what does the same.

    `known` are the names that there are, or the function whose parameters they are.
    """
    if callable(known):
        known = parameters_of(known)
    known = tuple(dict.fromkeys(known))
    for name in given:
        if name in known:
            continue
        sentence = f"{who} has no option {name[:60]}="
        hint = hint_for(name, known)
        if hint is not None:
            raise UnknownOption(f"{sentence}: {hint}")
        near = nearest(name, known)
        if near is not None:
            raise UnknownOption(f"{sentence}; did you mean {near}=?")
        others = f"its options are {', '.join(known)}" if known else "it has none"
        raise UnknownOption(f"{sentence}; {others}")


def unknown_attribute(
    of: Any, name: str, what: str, known: Iterable[str], hint: str | None = None
) -> AttributeError:
    """Return the error for a missing attribute; unless it is private, with what does the same.

    Names with an underscore are what `copy`, `pickle` and IPython ask for, and are no one's typo.
    """
    if name.startswith("_"):
        return AttributeError(f"{type(of).__name__!r} object has no attribute {name!r}")
    public = [each for each in known if not each.startswith("_")]
    sentence = f"{what} has no {name[:60]}"
    if hint is not None:
        return UnknownAttribute(f"{sentence}: {hint}")
    near = ratio_of(name) or nearest(name, public)
    if near is not None:
        return UnknownAttribute(f"{sentence}; did you mean {near}?")
    return UnknownAttribute(f"{sentence}; there are {', '.join(public)}")


def parameters_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a function's parameters, without `*args` and `**kwargs`."""
    import inspect  # 5 ms that a right call never pays

    found = inspect.signature(function).parameters.values()
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return tuple(p.name for p in found if p.kind not in several and p.name != "self")


def plain_text(name: Any) -> str:
    r"""Write a name so that a terminal prints it and obeys nothing in it.

    Control characters and those that turn the direction of writing round are shown as escapes.

    Examples
    --------
    >>> from f1core.errors import plain_text
    >>> print(plain_text("a" + chr(27) + "[31m"))
    a\x1b[31m
    """
    text = str(name)
    if text.isprintable():
        return text if text.strip() else repr(text)
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def reason_of(error: Exception) -> str:
    """Say why a file could not be read or written: the system's words without number and path."""
    return getattr(error, "strerror", None) or str(error)


def amount(number: int, one: str, several: str) -> str:
    """Write a number of things: "1 entry", "2 entries"."""
    return f"{number} {one if number == 1 else several}"


def shape_words(array: Any) -> str:
    """Return an array's shape and dtype in words: "(200, 4) float32"."""
    bfloat16 = getattr(array.dtype, "names", None) == ("bfloat16",)  # `arrays.BFLOAT16`
    return f"{tuple(array.shape)} {'bfloat16' if bfloat16 else array.dtype}"


def renamed(error: F1Error, **names: str) -> F1Error:
    """Return an error in which each name is replaced by that of the caller's argument."""
    sentence = str(error)
    for name, new_name in names.items():
        sentence = sentence.replace(name, new_name)
    return type(error)(sentence)


@contextmanager
def rename_y_pred(name: str) -> Iterator[None]:
    """Replace `y_pred` in an error by `name`, the argument that the caller passed."""
    try:
        yield
    except F1Error as error:
        raise renamed(error, y_pred=name) from None


@contextmanager
def rename_option(name: str, new_name: str) -> Iterator[None]:
    """Replace an option's name in an error; a noun that is the same word stays."""
    try:
        yield
    except F1Error as error:
        option = re.compile(rf"(?<![\w.]){name}(?==| (?:is|has|holds|names)\b)")
        raise type(error)(option.sub(new_name, str(error))) from None


@contextmanager
def offset_rows(first: int) -> Iterator[None]:
    """Add `first`, the number of rows in earlier batches, to the row number in an error."""
    try:
        yield
    except F1Error as error:
        if not first:
            raise
        at = re.compile(r"(?<= at row )\d+")
        moved = at.sub(lambda row: str(first + int(row.group())), str(error))
        raise type(error)(moved) from None
