"""JSON Lines: an object a line, packed or not, whose values have their types."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import F1Error
from .batches import Columns, Reread, Source, batches_of, once, reading
from .selection import Selection
from .spelling import Spelling
from .streams import Packed

_BLOCK = 1 << 22  # bytes that are parsed at once


class JsonLines(Source):
    """An object a line, whose values have the types that they are written with."""

    def __init__(self, path: Path, spelling: Spelling, stream: Any = None) -> None:
        self.name, self._spelling, self._stream = str(path), spelling, stream
        self.packed = Packed(path) if stream is None else None
        self._blocks = _blocks(stream if self.packed is None else self.packed.stream)
        self._first = next(self._blocks, b"")
        if not self._first.strip():
            raise F1Error("it is empty")
        self.names = list(_parsed(self._first, {}, 0).column_names)

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""
        import pyarrow as pa

        dates: dict[str, Any] = {}
        done = 0
        with reading(self.name):
            for block in itertools.chain([self._first], self._blocks):
                table = _parsed(block, dates, done)
                dated = [f.name for f in table.schema if pa.types.is_timestamp(f.type)]
                found = [name for name in dated if name in chosen.all]
                if found:  # text that looks like a date
                    dates.update(dict.fromkeys(found, pa.string()))
                    table = _parsed(block, dates, done)
                for name in chosen.all if len(table) else ():
                    if name not in table.column_names and name not in chosen.extra:
                        raise F1Error(f"column {name} is missing from row {done} on")
                    if name not in table.column_names:
                        table = table.append_column(name, pa.nulls(len(table)))
                for columns in batches_of([table], chosen, done):
                    single = len(chosen.probabilities) == 1
                    for name in chosen.probabilities if single or self._spelling.scored else ():
                        try:
                            columns[name] = self._spelling.see_scores(columns[name])
                        except Reread as error:
                            raise once(error, self._stream) from None
                    yield columns
                done += len(table)


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

    rows = json.ReadOptions(block_size=len(block) + 1, use_threads=False)
    parse = json.ParseOptions(explicit_schema=pa.schema(kinds) if kinds else None)
    try:
        return json.read_json(io.BytesIO(block), read_options=rows, parse_options=parse)
    except pa.ArrowInvalid as error:
        sentence, place = str(error).splitlines()[0], r"\.? in row (\d+)"
        raise F1Error(re.sub(place, lambda at: f" at row {first + int(at[1])}", sentence)) from None
