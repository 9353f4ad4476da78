"""Files and pipes as streams of bytes, unpacked, that say how far they were read."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any, cast

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4", ".xz": "xz"}


def ending(path: Path) -> tuple[str, str | None]:
    """Split off what a file's name says of it: ".csv" and "gzip" of part-1.CSV.gz."""
    codec = PACKED.get(path.suffix.lower())
    return (path if codec is None else path.with_suffix("")).suffix.lower(), codec


def opened(path: Path) -> Any:
    """Open a file as a stream of bytes that pyarrow reads, unpacked."""
    import pyarrow as pa

    return unpacked(pa.OSFile(str(path)), ending(path)[1])


class Packed:
    """A file as a stream of bytes, unpacked, that says how much of the file was read."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._raw, self._size = pa.OSFile(str(path)), os.stat(path).st_size
        self.stream = unpacked(self._raw, ending(path)[1])

    def share(self, used: int | None = None) -> float | None:
        """The share of the file that was read, in [0, 1]; None where it is closed.

        `used` are the bytes that a reader has handed on of those that it read ahead, which nobody
        knows of a packed file.
        """
        try:
            read = self._raw.tell()
            if used is not None and self.stream is self._raw:
                read = min(read, used)
            return float(min(1.0, read / self._size)) if self._size else None
        except (OSError, ValueError):
            return None


def unpacked(stream: Any, codec: str | None) -> Any:
    """Unpack a stream of bytes."""
    import pyarrow as pa

    if codec is None:
        return stream
    if codec == "xz":
        import lzma

        return lzma.LZMAFile(stream)
    return pa.CompressedInputStream(stream, codec)


class PeekedStream(io.RawIOBase):
    """A stream whose first bytes were peeked at; reads start with those."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self._head, self._stream, self.done = head, stream, 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes."""
        if self._head:
            size = len(self._head) if size < 0 else size
            part, self._head = self._head[:size], self._head[size:]
        else:
            part = cast(bytes, self._stream.read(size))
        self.done += len(part)
        return part


def read(stream: Any, size: int) -> bytes:
    """Read so many bytes, or all; a pipe hands out what it has."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
