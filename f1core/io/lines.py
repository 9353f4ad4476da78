"""JSON Lines: an object a row; values have the types that they are written with."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import F1Error
from .batches import Columns, Reread, Source, arrays, reading
from .opening import opened
from .selection import Selection
from .spelling import Spelling

_BLOCK = 1 << 22  # bytes that are parsed at once


class JsonLines(Source):
    """An object a line, from a file or from a stream that is read once."""

    def __init__(self, path: Path, spelling: Spelling, stream: Any = None) -> None:
        self.name, self._path, self._spelling, self._once = str(path), path, spelling, stream
        self._blocks = _blocks(opened(path) if stream is None else stream)
        self._first = next(self._blocks, b"")
        if not self._first.strip():
            raise F1Error("it is empty")
        self.names = list(_parsed(self._first, {}, 0).column_names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
        import pyarrow as pa

        dates: dict[str, Any] = {}
        block, done = self._first, 0
        with reading(self.name):
            while block:
                table = _parsed(block, dates, done)
                absent = [name for name in chosen.all if name not in table.column_names]
                if absent and len(table):
                    raise F1Error(f"column {absent[0]} is missing from row {done} on")
                found = [n for n in chosen.all if pa.types.is_timestamp(table.schema.field(n).type)]
                if found:  # text that looks like a date
                    dates.update(dict.fromkeys(found, pa.string()))
                    continue
                for columns in arrays([table], chosen.all, done):
                    if len(chosen.probabilities) == 1:
                        name = chosen.probabilities[0]
                        try:
                            columns[name] = self._spelling.see_scores(columns[name])
                        except Reread as error:
                            if self._once is not None:
                                raise F1Error(f"{error}; a stream is read only once") from None
                            raise
                    yield columns
                done += len(table)
                block = next(self._blocks, b"")


def _blocks(stream: Any) -> Iterator[bytes]:
    """Whole lines, about so many bytes at a time."""
    rest = b""
    while part := stream.read(_BLOCK):
        rest += part
        end = rest.rfind(b"\n") + 1
        if end and rest[:end].strip():
            yield rest[:end]
            rest = rest[end:]
    if rest.strip():
        yield rest


def _parsed(block: bytes, kinds: dict[str, Any], first: int) -> Any:
    """The rows of some lines as a table."""
    import pyarrow as pa
    from pyarrow import json

    schema = pa.schema(kinds) if kinds else None
    try:
        return json.read_json(
            io.BytesIO(block),
            read_options=json.ReadOptions(block_size=len(block) + 1, use_threads=False),
            parse_options=json.ParseOptions(explicit_schema=schema),
        )
    except pa.ArrowInvalid as error:
        said = str(error).splitlines()[0]
        at = r"\.? in row (\d+)"
        raise F1Error(re.sub(at, lambda row: f" at row {first + int(row[1])}", said)) from None
