"""States on disk: npz without pickle, with a format number and a checksum, renamed into place."""

from __future__ import annotations

import hashlib
import io
import json
import operator
import os
import threading
import zipfile
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np

from . import values
from .counts import Array, Counts
from .errors import F1Error, shown
from .ids.once import Once
from .ids.outcomes import Outcomes
from .options import Options, make_options

FORMAT = 3  # 2 had two limbs a ratio, 1 neither rows with ids nor seeds
_READ = (1, 2, FORMAT)


def save(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Write the state of an Accumulator to a temporary file beside `path`, then rename it.

    Raises
    ------
    F1Error
        If the folder cannot be written; an older file stays as it was.
    """
    kept = state["counts"] if state["once"] is None else state["once"].outcomes()
    arrays = {} if kept is None else kept.as_dict()
    if state["seed"] is not None:
        arrays["seed"] = np.asarray(state["seed"])
    arrays["options"] = _as_bytes(json.dumps(_plain(state["options"], state["negative"])))
    arrays["format"] = np.asarray(FORMAT)
    arrays["checksum"] = _as_bytes(_checksum(arrays))
    buffer = io.BytesIO()
    np.savez(buffer, **cast(Any, arrays))
    path = _path(path)
    temporary = path.parent / f".f1core.{os.getpid()}.{threading.get_ident()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise F1Error(f"{path} cannot be written: {error.strerror or error}") from None
    finally:  # after Ctrl-C too
        with suppress(OSError):
            temporary.unlink()


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the state of an Accumulator back, believing nothing.

    Raises
    ------
    F1Error
        If the file is missing, damaged, of another format number, or no state at all.
    """
    path = _path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise F1Error(f"{path} cannot be read: {error.strerror or error}") from None
    try:
        arrays = _unpacked(data)
        found = int(arrays.pop("format"))
        if found not in _READ:
            raise F1Error(
                f"it has format number {found}, this f1core reads {_READ[0]} and {FORMAT}"
            )
        checksum = _text(arrays.pop("checksum"))
        if checksum != _checksum({**arrays, "format": np.asarray(found)}):
            raise F1Error("its checksum does not match: it was damaged or altered")
        plain = json.loads(_text(arrays.pop("options")))
        negative = values.pos_label(plain.pop("negative", None))
        options = _options(plain)
        if negative is not None and (options.task != "binary" or options.names is not None):
            raise F1Error("it names a negative class that its task has not")
        seed = operator.index(arrays.pop("seed")[()]) if "seed" in arrays else None
        if seed is not None and not 0 <= seed < 1 << 63:
            raise F1Error(f"its seed is {seed}")
        counts = once = None
        if "ids" in arrays:
            rows = Outcomes.from_dict(arrays, options)
            _refuse_misfit(options, rows)
            once = Once(options)
            once.add(rows, seed=seed)
        elif arrays:
            counts = Counts.from_dict(arrays)
            _refuse_misfit(options, counts)
        return {
            "options": options, "counts": counts, "once": once, "threads": None, "seed": seed,
            "negative": negative,
        }  # fmt: skip
    except F1Error as error:
        raise F1Error(f"{path} is no f1core state: {error}") from None
    except Exception as error:  # numpy and zipfile raise many kinds on damaged files
        reason = str(error) or type(error).__name__
        raise F1Error(f"{path} is no f1core state: {reason}") from None


def _path(path: Any) -> Path:
    try:
        os.fsencode(path)
        found = Path(path)
    except Exception as error:  # a path-like object raises what it likes
        raise F1Error(f"{shown(path)} is no path: {error}") from None
    if not found.name or "\0" in str(found):
        raise F1Error(f"{shown(path)} is no path of a file")
    return found


def _refuse_misfit(options: Options, kept: Counts | Outcomes) -> None:
    task = options.task
    multilabel = kept.rows is not None if isinstance(kept, Counts) else task == "multilabel"
    width = options.n_classes if task != "binary" else 2
    named = kept.labels is not None and (task != "multiclass" or width is not None)
    if task is None or (task == "multilabel") != multilabel or named:
        raise F1Error(f"its counts do not belong to its task, {task}")
    if width not in (None, kept.n_classes):
        raise F1Error(f"its counts do not belong to its {width} classes")


def _unpacked(data: bytes) -> dict[str, Array]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {name.removesuffix(".npy") for name in archive.namelist()}
        if "format" not in names:
            held = ", ".join(sorted(names)[:5])
            raise F1Error(f"it holds other arrays ({held}); states are what `save` writes")
        size = sum(entry.file_size for entry in archive.infolist())
    if size > len(data):  # what `save` writes is not compressed
        raise F1Error(f"it claims {size:,} bytes and has {len(data):,}")
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _checksum(arrays: dict[str, Array]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _as_bytes(text: str) -> Array:
    return np.frombuffer(text.encode(), np.uint8)


def _text(array: Array) -> str:
    return array.astype(np.uint8).tobytes().decode()


def _plain(options: Options, negative: Any) -> dict[str, Any]:
    """The options as JSON holds them, and what came after 0.1.0 only where it is used."""
    newer = {"pos_label": options.pos_label, "negative": negative}
    given = {"names": None if options.names is None else options.given_classes}
    return {
        **{name: value for name, value in asdict(options).items() if name not in newer},
        **{name: value for name, value in newer.items() if value is not None},
        **given,
        "zero_division": str(options.zero_division),
        "beta": str(options.beta),
    }


def _options(plain: dict[str, Any]) -> Options:
    names, count = plain.pop("names"), plain.pop("n_classes")
    plain["zero_division"], plain["beta"] = float(plain["zero_division"]), float(plain["beta"])
    return make_options(classes=count if names is None else names, **plain)
