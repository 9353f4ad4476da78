"""Standard input and other pipes: what they carry is told by their first bytes."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import F1Error
from .batches import Source
from .formats import Parquet
from .ipc import ArrowFile
from .lines import JsonLines
from .opening import MAGIC, unpacked
from .paths import STDIN
from .spelling import Spelling
from .streams import Stream
from .text import Begun, Delimited, read

_MARK = 8  # bytes that tell the kind
_PIECE = 1 << 22


def piped(path: Path, spelling: Spelling) -> Source:
    """Open standard input or another pipe.

    Raises
    ------
    F1Error
        If it is empty, or carries what cannot be read from a pipe.
    """
    if path == STDIN:
        return _told(path, spelling, sys.stdin.buffer)
    file = path.open("rb")
    source = _told(path, spelling, file)
    source.files = [*source.files, file]
    return source


def _told(path: Path, spelling: Spelling, stream: Any) -> Source:
    """The source that a stream's first bytes tell."""
    import pyarrow as pa

    head = read(stream, _MARK)
    stream = Begun(head, stream)
    codec = next((name for mark, name in MAGIC.items() if head.startswith(mark)), None)
    if codec is not None:
        stream = unpacked(pa.PythonFile(stream, mode="r"), codec)
        head = read(stream, _MARK)
        stream = Begun(head, stream)
    if head.startswith(b"PAR1"):
        return _kept(Parquet, path, stream)
    if head.startswith(b"ARROW1"):
        return _kept(ArrowFile, path, stream)
    if head.startswith(b"\xff\xff\xff\xff"):
        reader = pa.ipc.open_stream(pa.PythonFile(stream, mode="r"))
        return Stream(str(path), reader.schema.names, lambda _: reader)
    if head.startswith((b"\x93NUMPY", b"PK\x03\x04")):
        raise F1Error("an .npy or .npz cannot be read from a pipe; name the file")
    if head.lstrip().startswith(b"{"):
        return JsonLines(path, spelling, stream)
    return Delimited(path, spelling, stream)


def _kept(kind: Callable[[Path, Any], Source], path: Path, stream: Any) -> Source:
    """A source over all of a stream in a temporary file: these kinds are read from their end."""
    file = tempfile.TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(stream, file, _PIECE)
    file.seek(0, io.SEEK_SET)
    source = kind(path, file)
    source.files = [file]
    return source
