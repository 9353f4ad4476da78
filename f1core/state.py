"""States on disk: npz without pickle, with a format number and a checksum, renamed into place."""

from __future__ import annotations

import hashlib
import io
import json
import operator
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from . import option_values
from .count_layout import CELLS, PRED, TRUE
from .counts import Array, Counts
from .dedup.deduplicator import Deduplicator
from .dedup.stored_rows import StoredRows
from .errors import F1Error
from .npz import read_arrays, read_bytes
from .options import Options, make_options
from .plausible import exact_sum
from .writing import check_target, file_path, write_whole

FORMAT = 3  # 2 had two limbs a ratio, 1 neither rows with ids nor seeds
_READ = (1, 2, FORMAT)
_ROUNDING = 1e-9  # what sums of weights may be off, as a share of all weights
_KEYED = 3  # from which format on long text is held as digests
_NEEDED = {"format"}  # of any format
BINS = "bins"  # the name of what only bins of scores have


def save(path: str | os.PathLike[str], state: dict[str, Any], force: bool = False) -> None:
    """Write the state of an Accumulator to a temporary file beside `path`, then rename it.

    An older file stays as it was where that fails; `force` replaces one that is no state.
    """
    check_target(path, force=force)
    kept = state["counts"] if state["dedup"] is None else state["dedup"].rows()
    arrays = {} if kept is None else kept.as_dict()
    if state["seed"] is not None:
        arrays["seed"] = np.asarray(state["seed"])
    write_arrays(path, arrays, state["options"], state["negative"], force)


def write_arrays(
    path: str | os.PathLike[str],
    arrays: dict[str, Array],
    options: Options,
    negative: Any,
    force: bool,
) -> None:
    """Write arrays with the options that made them, a format number and a checksum."""
    arrays["options"] = _as_bytes(json.dumps(_plain(options, negative)))
    arrays["format"] = np.asarray(FORMAT)
    arrays["checksum"] = _as_bytes(_checksum(arrays))
    buffer = io.BytesIO()
    np.savez(buffer, **cast(Any, arrays))
    write_whole(check_target(path, force=force), buffer.getbuffer())


def load(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the state of an Accumulator back, believing nothing."""
    with read_checked(path) as (arrays, options, negative, found):
        if BINS in arrays:
            raise F1Error("it holds bins of scores, which BinnedThresholds.load reads")
        seed = operator.index(arrays.pop("seed")[()]) if "seed" in arrays else None
        if seed is not None and not 0 <= seed < 1 << 63:
            raise F1Error(f"its seed is {seed}")
        counts = dedup = None
        if "ids" in arrays:
            if options.resamples and seed is None:
                raise F1Error("it lacks the seed that its resamples are drawn from")
            rows = StoredRows.from_dict(arrays, options, keyed=found >= _KEYED)
            _refuse_misfit(options, rows)
            dedup = Deduplicator(options)
            dedup.add(rows, seed=seed)
        elif arrays:
            counts = Counts.from_dict(arrays)
            _refuse_misfit(options, counts)
        return {
            "options": options, "counts": counts, "dedup": dedup, "threads": None, "seed": seed,
            "negative": negative,
        }  # fmt: skip


@contextmanager
def read_checked(
    path: str | os.PathLike[str],
) -> Iterator[tuple[dict[str, Array], Options, Any, int]]:
    """Read a file's arrays, options, negative class and format number, checked.

    What goes wrong with them is said of the file.
    """
    path = file_path(path)
    data = read_bytes(path)
    try:
        arrays = read_arrays(data, _NEEDED)
        found = int(arrays.pop("format"))
        if found not in _READ:
            raise F1Error(f"it has format number {found}, this f1core reads {_READ[0]} to {FORMAT}")
        lacking = ", ".join(name for name in ("checksum", "options") if name not in arrays)
        if lacking:
            raise F1Error(f"it lacks what every state has: {lacking}")
        checksum = _text(arrays.pop("checksum"))
        if checksum != _checksum({**arrays, "format": np.asarray(found)}):
            raise F1Error("its checksum does not match: it was damaged or altered")
        plain = json.loads(_text(arrays.pop("options")))
        negative = option_values.pos_label(plain.pop("negative", None))
        options = _options(plain)
        if negative is not None and (options.task != "binary" or options.names is not None):
            raise F1Error("it names a negative class that its task has not")
        yield arrays, options, negative, found
    except F1Error as error:
        raise F1Error(f"{path} is no f1core state: {error}") from None
    except Exception as error:  # numpy and zipfile raise many kinds on damaged files
        reason = "it is no npz file" if isinstance(error, zipfile.BadZipFile) else str(error)
        reason = reason or type(error).__name__
        raise F1Error(f"{path} is no f1core state: {reason}") from None


def _refuse_misfit(options: Options, kept: Counts | StoredRows) -> None:
    task = options.task
    multilabel = kept.rows is not None if isinstance(kept, Counts) else task == "multilabel"
    width = options.n_classes if task != "binary" else 2
    columns = None if width is None else width + options.counts_unknown
    named = kept.labels is not None and (task != "multiclass" or width is not None)
    if task is None or (task == "multilabel") != multilabel or named:
        raise F1Error(f"its counts do not belong to its task, {task}")
    if columns not in (None, kept.n_classes):
        raise F1Error(f"its counts do not belong to its {width} classes")
    if options.counts_unknown:
        true = kept.per_class[TRUE] if isinstance(kept, Counts) else np.append(kept.truth, 0)
        if true[-1] > 0 if isinstance(kept, Counts) else true.max() == kept.n_classes:
            raise F1Error("it holds a true label that is none of its classes")
    if isinstance(kept, Counts) and not _fits(options, kept):
        raise F1Error("its counts do not belong to its options")


def _fits(options: Options, counts: Counts) -> bool:
    """Tell whether the options lead to counts of this shape: cells, resamples, a matrix."""
    replicas, sums, size = counts.replicas, counts.sums, counts.amount
    drawn = 0 if replicas is None else len(replicas.sums)
    if drawn != options.resamples:
        return False
    if sums is None:
        return options.keeps_confusion(counts.n_classes)
    slack = _ROUNDING * float(size) if counts.weighted else 0
    if counts.rows is None:
        return bool(abs(exact_sum(sums[PRED]) - options.top_k * size) <= slack * options.top_k)
    every = options.ignore_index is None
    return not every or bool((abs(sums[CELLS] - size) <= slack).all())


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
    """Return the options as JSON holds them; those newer than 0.1.0 only where they are used."""
    newer = {
        "pos_label": options.pos_label, "spans": options.spans, "negative": negative,
        "unknown": None if options.unknown == "error" else options.unknown,
        "ranks": options.ranks or None,
    }  # fmt: skip
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
    if not plain.pop("ranks", False) and plain["task"] == "multilabel":
        plain["top_k"] = None  # there it was 1 before it meant anything
    plain["zero_division"], plain["beta"] = float(plain["zero_division"]), float(plain["beta"])
    return make_options(classes=count if names is None else names, **plain)
