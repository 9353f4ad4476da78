"""Refuse to write results onto an input, or onto a file of another kind."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from .errors import F1Error, reason_of, shown
from .option_values import flag

_BINARY = getattr(os, "O_BINARY", 0)  # of Windows
_HEAD = 1 << 12  # bytes that tell what a picture or a report is
_STATE = {"format.npy", "checksum.npy", "options.npy"}
_TUNED = {"metric", "threshold", "classes"}
_HEADS = {
    "png": rb"\x89PNG\r\n\x1a\n", "jpg": rb"\xff\xd8\xff", "jpeg": rb"\xff\xd8\xff",
    "gif": rb"GIF8", "pdf": rb"%PDF-", "ps": rb"%!PS", "eps": rb"%!PS", "svg": rb".*<svg",
    "svgz": rb"\x1f\x8b", "tif": rb"II\*\0|MM\0\*", "tiff": rb"II\*\0|MM\0\*",
    "webp": rb"RIFF....WEBP",
    "report": rb"<!DOCTYPE html>.*<meta name=\"generator\" content=\"f1core\">",
}  # fmt: skip


def check_target(
    path: Any,
    kind: str = "state",
    *,
    inputs: Iterable[str | os.PathLike[str]] = (),
    force: bool = False,
    named: str = "path",
) -> Path:
    """Return a path, or refuse one that must not be written to; to be asked before the work starts.

    `kind` is what will be written: "state", "thresholds", "report", or a picture's ending such as
    "png". A file of the same kind may be replaced, and so may an empty one. By `force` so may one
    of another kind, or a state that is read; predictions that are read (`inputs`) never are,
    under whatever name. `named` is what the caller's argument is called.

    Examples
    --------
    >>> from f1core.writing import check_target
    >>> check_target("README.md")
    Traceback (most recent call last):
        ...
    f1core.errors.F1Error: path README.md exists and is no f1core state; name another, or force=True
    """
    target = file_path(path, named)
    try:
        found = os.stat(target)
    except FileNotFoundError:
        _refuse_folder(target, named)
        return target
    except (OSError, ValueError) as error:
        raise F1Error(f"{named} {target} cannot be written: {reason_of(error)}") from None
    if stat.S_ISDIR(found.st_mode):
        raise F1Error(f"{named} {target} is a folder; name a file in it")
    if not stat.S_ISREG(found.st_mode):
        raise F1Error(f"{named} {target} is no ordinary file; name one")
    forced, alike = flag("force", force), _is_kind(target, kind)
    if any(_same(found, other) for other in inputs) and not (forced and alike):
        rather = "name another, or force=True" if alike else "name another"
        raise F1Error(f"{named} {target} is one of the inputs; {rather}")
    if found.st_size and not alike and not forced:
        own_format = kind in ("state", "thresholds", "report")
        what = f"f1core {kind}" if own_format else f"{kind} picture"
        raise F1Error(f"{named} {target} exists and is no {what}; name another, or force=True")
    return target


def refuse_twice(states: Iterable[str | os.PathLike[str]]) -> None:
    """Refuse a state that is given twice, under whatever name, or a copy of one."""
    seen: dict[Any, tuple[int, str | os.PathLike[str]]] = {}
    for place, path in enumerate(states):
        try:
            with open(path, "rb") as file:
                about = os.fstat(file.fileno())
                digest = hashlib.sha256()
                while part := file.read(1 << 20):
                    digest.update(part)
        except (OSError, ValueError):
            continue  # which loading says better
        for key in ((about.st_dev, about.st_ino), digest.digest()):
            first, other = seen.setdefault(key, (place, path))
            if first != place:
                raise F1Error(
                    f"{path} holds the same counts as {other}, which would count twice: leave it "
                    "out, or --force it where they are of other rows"
                )


def write_whole(target: Path, data: Any) -> None:
    """Write a file whole or not at all: beside it first, then renamed onto it.

    What a link leads to is written, not the link; mode and owner stay those of the older file. If
    it cannot be written, an older file is as it was, and nothing else is left behind.
    """
    temporary = None
    try:
        target = Path(os.path.realpath(target))
        older = os.stat(target) if target.exists() else None
        if older is not None and not os.access(target, os.W_OK):
            raise F1Error(f"{target} cannot be written: it is read-only")
        temporary = target.parent / f".f1core.{os.getpid()}.{secrets.token_hex(6)}.tmp"
        mode = 0o666 if older is None else 0o600
        place = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        with os.fdopen(place, "wb") as file:
            file.write(data)
            file.flush()
            if older is not None:
                _keep_rights(file.fileno(), older)
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise F1Error(f"{target} cannot be written: {reason_of(error)}") from None
    finally:  # after Ctrl-C too
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()


def _keep_rights(place: int, older: os.stat_result) -> None:
    """Give a new file the owner and the mode of the one that it replaces, where that is allowed."""
    if hasattr(os, "fchown"):
        now = os.fstat(place)
        if (now.st_uid, now.st_gid) != (older.st_uid, older.st_gid):
            with suppress(OSError):
                os.fchown(place, older.st_uid, older.st_gid)
        os.fchmod(place, stat.S_IMODE(older.st_mode))


def file_path(path: Any, named: str = "") -> Path:
    """Read what a caller gave as the path of a file; `named` is what the argument is called."""
    who = f"{named} {shown(path)}".lstrip()
    try:
        os.fsencode(path)
        found = Path(path)
    except Exception as error:  # whatever an object's __fspath__ raises
        raise F1Error(f"{who} is no path: {error}") from None
    if not found.name or "\0" in str(found):
        raise F1Error(f"{who} is no path of a file")
    return found


def _refuse_folder(target: Path, named: str) -> None:
    """Complain where there is no folder to write into."""
    folder = Path(os.path.realpath(target)).parent  # of what a dangling link leads to
    if not folder.is_dir():
        raise F1Error(f"{named} {target} cannot be written: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise F1Error(f"{named} {target} cannot be written: Permission denied")


def _same(found: os.stat_result, other: str | os.PathLike[str]) -> bool:
    try:
        return os.path.samestat(found, os.stat(other))
    except (OSError, ValueError):
        return False


def _is_kind(target: Path, kind: str) -> bool:
    """Return whether the file holds what its kind begins with; what is not known is of no kind."""
    try:
        if kind == "state":
            with zipfile.ZipFile(target) as archive:
                return set(archive.namelist()) >= _STATE
        if kind == "thresholds":
            return set(json.loads(target.read_bytes())) >= _TUNED
        with open(target, "rb") as file:
            return kind in _HEADS and bool(re.match(_HEADS[kind], file.read(_HEAD), re.DOTALL))
    except Exception:  # of a file that is no archive, a damaged one, or one that cannot be read
        return False
