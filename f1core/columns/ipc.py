"""Arrow IPC files and streams, also called Feather."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from .batches import Columns, Source, arrays, reading
from .selection import Selection


class ArrowFile(Source):
    """An Arrow IPC file or stream: read, not mapped.

    A mapped file that another process cuts short meanwhile would kill this one.
    """

    def __init__(self, path: Path, file: Any = None) -> None:
        import pyarrow as pa

        self._file: Any = pa.OSFile(str(path)) if file is None else pa.PythonFile(file, mode="r")
        self._listed = self._file.read(6) == b"ARROW1"
        self._file.seek(0)
        reader: Any = pa.ipc.open_file if self._listed else pa.ipc.open_stream
        self.name, self.names = str(path), list(reader(self._file).schema.names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
        with reading(self.name):
            yield from arrays(self._parts(chosen.all), chosen.all)

    def _parts(self, columns: list[str]) -> Iterator[Any]:
        import pyarrow as pa

        self._file.seek(0)
        options = cast(Any, pa.ipc).IpcReadOptions(
            included_fields=sorted(self.names.index(name) for name in columns), use_threads=False
        )
        if not self._listed:
            yield from pa.ipc.open_stream(self._file, options=options)
            return
        reader = pa.ipc.open_file(self._file, options=options)
        for place in range(reader.num_record_batches):
            yield reader.get_batch(place)
