"""Open files as streams of bytes, unpacked where their ending says that they are packed."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast

PACKED = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4", ".xz": "xz"}
MAGIC = {
    b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4",
    b"\xfd7zXZ": "xz",
}  # fmt: skip


def ending(path: Path) -> tuple[str, str | None]:
    """Split off what a file's name says of it: ".csv" and "gzip" of part-1.CSV.gz."""
    codec = PACKED.get(path.suffix.lower())
    return (path if codec is None else path.with_suffix("")).suffix.lower(), codec


def opened(path: Path) -> Any:
    """Open a file as a stream of bytes that pyarrow reads, unpacked."""
    import pyarrow as pa

    return unpacked(pa.OSFile(str(path)), ending(path)[1])


def unpacked(stream: Any, codec: str | None) -> Any:
    """Unpack a stream of bytes."""
    import pyarrow as pa

    if codec is None:
        return stream
    if codec == "xz":
        import lzma

        return lzma.LZMAFile(stream)
    return pa.CompressedInputStream(stream, codec)


class Begun(io.RawIOBase):
    """A stream whose first bytes were read already; read from its beginning."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self._head, self._stream = head, stream

    def readable(self) -> bool:
        """Whether it can be read: yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        if not self._head:
            return cast(bytes, self._stream.read(size))
        size = len(self._head) if size < 0 else size
        part, self._head = self._head[:size], self._head[size:]
        return part


def read(stream: Any, size: int) -> bytes:
    """So many bytes, or all; a pipe hands out what it has."""
    parts: list[bytes] = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
