"""Open files as streams of bytes, unpacked where their ending says that they are packed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
