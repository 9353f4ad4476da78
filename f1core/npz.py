"""Arrays of an npz file of which nothing is believed: no size, no dtype, no pickle."""

from __future__ import annotations

import io
import math
import os
import stat
import zipfile
from pathlib import Path

import numpy as np

from .count_layout import Array
from .errors import F1Error, reason_of

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_bytes(path: Path) -> bytes:
    """Read all bytes of an ordinary file; a device or a pipe might never end."""
    try:
        mode = os.stat(path).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise F1Error(f"{path} cannot be read: it is no ordinary file")
        return path.read_bytes()
    except OSError as error:
        raise F1Error(f"{path} cannot be read: {reason_of(error)}") from None


def read_arrays(data: bytes, needed: set[str]) -> dict[str, Array]:
    """Read the arrays of an uncompressed npz file by name, allocating nothing larger than it."""
    found: dict[str, Array] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        names = [entry.filename.removesuffix(".npy") for entry in entries]
        if not needed <= set(names):
            held = ", ".join(sorted(names)[:5])
            reason = f"it holds other arrays ({held}) and no format number"
            raise F1Error(f"{reason}; states are what `save` writes")
        claimed = sum(entry.file_size for entry in entries)
        if claimed > len(data):
            raise F1Error(f"it claims {claimed:,} bytes and has {len(data):,}")
        for name, entry in zip(names, entries, strict=True):
            stored = entry.compress_type == zipfile.ZIP_STORED
            if not stored or entry.compress_size != entry.file_size or name in found:
                raise F1Error(f"its member {name} is compressed or comes twice")
            found[name] = _array(archive.read(entry), name)
    return found


def _array(content: bytes, name: str) -> Array:
    file = io.BytesIO(content)
    read = _HEADERS.get(np.lib.format.read_magic(file))
    if read is None:
        raise F1Error(f"{name} has an unknown header")
    shape, by_columns, dtype = read(file)
    if dtype.kind not in "biufcSU" or not dtype.itemsize:
        raise F1Error(f"{name} cannot have dtype {dtype}")
    start = file.tell()
    if math.prod(shape) * dtype.itemsize != len(content) - start:
        raise F1Error(f"{name} claims the shape {shape} and has {len(content) - start:,} bytes")
    flat = np.frombuffer(content, dtype, offset=start)
    return flat.reshape(shape, order="F" if by_columns else "C").copy()
