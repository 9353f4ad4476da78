"""Find the files that paths, folders and patterns mean, each once."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..errors import F1Error, close_to, reason_of, shown

STDIN = Path("/dev/stdin")  # what "-" means
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
_LISTED = 5  # files that a sentence names
# What jobs and tools leave beside their data; hidden files start with a dot.
_MARKER = re.compile(
    r"_(SUCCESS|metadata|common_metadata|(started|committed)_\d+)(\.parquet)?"
    r"|(MD5|SHA\d+)SUMS?(\.txt)?|CHECKSUMS?(\.\w+)?|.*\.(crc|md5|sha1|sha256|sha512)",
    re.IGNORECASE,
)
_UNFINISHED = {
    "_temporary": "a job is still writing there, or died; name its finished files",
    "_delta_log": "it is a Delta table, which keeps removed files too; read it with deltalake and "
    "pass the pyarrow dataset",
}


def found(paths: Any, readable: Callable[[Path], str | None]) -> list[Path]:
    """List the files behind a path, a list, a folder or a pattern, each file on disk once.

    A folder means all files in it and in its folders, less hidden files and well-known markers;
    `readable` says why a file cannot be read, or None.
    """
    files: dict[Any, Path] = {}
    for entry in [paths] if is_path(paths) else list(paths):
        for path in _behind(entry, readable):
            files.setdefault(_identity(path), path)
    if not files:
        raise F1Error("paths is empty; name at least one file")
    return list(files.values())


def is_path(value: Any) -> bool:
    """Return whether a value is the name of a file or folder."""
    return isinstance(value, (str, os.PathLike))


def is_pipe(path: Path) -> bool:
    """Return whether a file can be read only once, from its beginning."""
    about = _stat(path)
    return path == STDIN or (about is not None and stat.S_ISFIFO(about.st_mode))


def same_file(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one file on disk."""
    return bool(_identity(one) == _identity(other))


def _behind(entry: Any, readable: Callable[[Path], str | None]) -> list[Path]:
    """The files that one entry means, in sorted order."""
    path = _path(entry)
    if path == STDIN:
        return [path]
    about = _stat(path)
    if about is None:
        if not glob.has_magic(str(entry)):
            raise _absent(path)
        matches = sorted(set(_expanded(Path(path.anchor), path.relative_to(path.anchor))))
        matches = [match for match in matches if not _MARKER.fullmatch(match.name)]
        if not matches:
            near = close_to(path.name, [p.name for p in path.parent.glob("*")])
            hint = f"; did you mean {path.parent / near}?" if near else ""
            raise F1Error(f"no file matches {entry}{hint}")
        return [file for match in matches for file in _behind(match, readable)]
    if stat.S_ISDIR(about.st_mode):
        return _in_folder(path, readable)
    pipe = stat.S_ISFIFO(about.st_mode)
    if not (stat.S_ISREG(about.st_mode) or pipe):
        raise F1Error(f"{path} is no ordinary file and no pipe")
    why = None if pipe else readable(path)
    if why is not None:
        raise F1Error(f"{path}: {why}")
    return [path]


def _path(entry: Any) -> Path:
    if entry == "-":
        return STDIN
    try:
        text = os.fspath(entry)
        os.fsencode(text)
        path = Path(text)
    except Exception as error:  # a path-like object raises what it likes
        raise F1Error(f"{shown(entry)} is no path: {error}") from None
    if not text:
        raise F1Error("a path is empty; name a file, a folder or a pattern")
    if "\0" in str(path):
        raise F1Error(f"{shown(entry)} is no path: it holds the character \\0")
    return path


def _in_folder(folder: Path, readable: Callable[[Path], str | None]) -> list[Path]:
    files: list[Path] = []
    for here, held in _folders(folder):
        if here.name in _UNFINISHED and here != folder:
            raise F1Error(f"{here.parent} holds {here.name}: {_UNFINISHED[here.name]}")
        files += [f for f in held if not _is_folder(f) and not _MARKER.fullmatch(f.name)]
    files.sort()
    odd = [path for path in files if readable(path) is not None]
    if odd:
        names = ", ".join(str(path.relative_to(folder)) for path in odd[:_LISTED])
        more = f" and {len(odd) - _LISTED} more" if len(odd) > _LISTED else ""
        raise F1Error(
            f"{folder} holds what cannot be scored: {names}{more}; name the files or a pattern "
            f"({folder / '*.parquet'}), or move the others away"
        )
    if not files:
        raise F1Error(f"{folder} is a folder that holds no file that can be scored")
    return files


def _folders(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """A folder and all below, each once wherever links lead, with what it holds unhidden."""
    waiting, seen = [folder], set[Any]()
    while waiting:
        here = waiting.pop()
        if _identity(here) in seen:
            continue
        seen.add(_identity(here))
        held = [here / name for name in _listed(here) if not name.startswith(".")]
        yield here, held
        waiting += [path for path in held if _is_folder(path)]


def _expanded(folder: Path, pattern: Path) -> Iterator[Path]:
    """The files and folders that match a pattern; `**` enters each folder once."""
    if not pattern.parts:
        yield folder
        return
    head, rest = pattern.parts[0], Path(*pattern.parts[1:])
    if not glob.has_magic(head):
        if _stat(folder / head) is not None:
            yield from _expanded(folder / head, rest)
    elif not _is_folder(folder):
        return
    elif head == "**":
        for here, _ in _folders(folder) if rest.parts else [(folder, [])]:
            yield from _expanded(here, rest)
    else:
        for name in _listed(folder):
            hidden = name.startswith(".") and not head.startswith(".")
            if hidden or not fnmatch.fnmatchcase(name, head):
                continue
            if not rest.parts or _is_folder(folder / name):
                yield from _expanded(folder / name, rest)


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError as error:
        raise F1Error(f"{folder} cannot be read: {reason_of(error)}") from None


def _stat(path: Path) -> os.stat_result | None:
    """Ask the system what it knows of a path; None where there is nothing."""
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise F1Error(f"{shown(str(path), 80)} cannot be read: {reason_of(error)}") from None


def _is_folder(path: Path) -> bool:
    about = _stat(path)
    return about is not None and stat.S_ISDIR(about.st_mode)


def _absent(path: Path) -> F1Error:
    """The refusal of a path that leads nowhere, with the neighbour that may be meant."""
    if path.is_symlink():
        return F1Error(f"{path} is a link to nothing")
    folder = path.parent
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    missing = path.relative_to(folder).parts[0]  # of the path's parts the first that is not there
    near = None
    with suppress(OSError):
        near = close_to(missing, os.listdir(folder))
    return F1Error(f"{path} does not exist" + (f"; did you mean {folder / near}?" if near else ""))


def _identity(path: Path) -> Any:
    """Return what hard links and symbolic links of one file share."""
    about = _stat(path)
    if about is None:
        if path == STDIN:  # Windows
            return path
        raise _absent(path)
    return (about.st_dev, about.st_ino) if about.st_ino else os.path.realpath(path)


def keys_of(paths: list[Path]) -> list[dict[str, int | str]]:
    """Read the columns that the folders of each path name, as Hive does.

    A column holds whole numbers where each of its folders does, or text.
    """
    found = [_keys_in(path) for path in paths]
    text = {k for keys in found for k, value in keys.items() if not _WHOLE.fullmatch(value)}
    return [{k: v if k in text else int(v) for k, v in keys.items()} for keys in found]


def _keys_in(path: Path) -> dict[str, str]:
    pairs = (part.partition("=") for part in path.parts[:-1])
    return {unquote(key): unquote(value) for key, mark, value in pairs if key and mark}
