"""CSV and its kin, with any usual delimiter: packed or not, labels as written."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import F1Error, offset_rows, shown
from .batches import Columns, Reread, Source, array, arrays, once, reading
from .selection import NULLS, Selection, no_number
from .spelling import GROUP, ID, PREDICTION, TARGET, WRITTEN, Spelling
from .streams import Packed, PeekedStream, opened, read

_HEAD = 1 << 20  # bytes whose rows tell what the columns hold
_LEAST, _MOST = 3, 1 << 28  # lines and bytes of the first rows
_DELIMITERS = ",;\t|"
_SHOWN = 50  # rows that tell whether numbers have a decimal comma
_COMMA = re.compile(r"-?[0-9]*,[0-9]+(e-?[0-9]+)?", re.IGNORECASE)
_POINT = re.compile(r"-?[0-9]*\.[0-9]+(e-?[0-9]+)?", re.IGNORECASE)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # what such a file begins with


class Delimited(Source):
    """Rows of text between delimiters, from a file or from a stream that is read once."""

    def __init__(self, path: Path, spelling: Spelling, stream: Any = None) -> None:
        from pyarrow import csv as arrow_csv

        self.name, self._path, self._spelling, self._stream = str(path), path, spelling, stream
        self._used = 0  # bytes whose rows were handed on
        if stream is None:
            with opened(path) as file:
                head = _rows_of(file)
        else:
            head = self._begun = _rows_of(stream)
        encoding = "utf-16" if head.startswith(_UTF16) else "utf-8"
        text = head.decode(encoding, "replace").removeprefix("\ufeff")
        if not text.strip():
            raise F1Error("it is empty: there is not even a header")
        text = text if len(head) < _HEAD else _whole_rows(text)
        delimiter, self._point = _dialect(text, path)
        plain = text.encode()
        ends = np.flatnonzero(np.frombuffer(plain, np.uint8) == ord("\n"))
        longest = int(np.diff(ends, prepend=-1, append=len(plain)).max())
        block = max(_HEAD, 4 * longest)  # which holds a row
        parse = arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True)
        rows = arrow_csv.ReadOptions(encoding=encoding, block_size=block)
        self._options = {"read_options": rows, "parse_options": parse}
        self._first = arrow_csv.read_csv(
            io.BytesIO(plain),
            # Without threads: a process that ends at once, as after a misspelt column, would abort
            # while Arrow starts its own (4 of 60 times on one core).
            read_options=arrow_csv.ReadOptions(block_size=block, use_threads=False),
            parse_options=parse,
            convert_options=arrow_csv.ConvertOptions(decimal_point=self._point),
        )
        self.names = list(self._first.column_names)
        self.whole_numbers = {f.name for f in self._first.schema if str(f.type) == "int64"}
        if len(self.names) == 1 and re.search(r"\W", self.names[0].strip()):
            self.hint = (
                f"the header is one column, {shown(self.names[0])}: separate columns by a comma, a "
                "semicolon, a tab or |"
            )

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """Read the chosen columns, a batch of rows at a time."""
        labels = self._labels(chosen)
        others = [name for name in chosen.all if name not in labels.values()]
        done = 0
        with reading(self.name):
            for part in self._parts(chosen, labels):
                with offset_rows(done):
                    batch = arrays(part, others, chosen.extra)
                cells = {role: part.column(name) for role, name in labels.items()}
                try:
                    found = self._spelling.arrays(cells, labels, self.name, done)
                except Reread as error:
                    raise once(error, self._stream) from None
                called = {**labels, WRITTEN: WRITTEN}
                yield {**batch, **{called[role]: column for role, column in found.items()}}
                done += len(part)

    def share(self, rows: int) -> float | None:
        """Return the share that was read; Arrow reads many blocks ahead of those it hands on."""
        return None if self.packed is None else self.packed.share(self._used)

    def _parts(self, chosen: Selection, labels: dict[str, str]) -> Iterator[Any]:
        """Record batches of the chosen columns, those of labels as text."""
        import pyarrow as pa

        self._used = 0
        kinds = self._kinds(chosen, labels)
        how = {"decimal_point": self._point, "null_values": NULLS}
        try:
            with self._reader(include_columns=chosen.all, column_types=kinds, **how) as reader:
                for part in reader:
                    self._used += self._options["read_options"].block_size
                    if len(part):
                        yield part
        except pa.ArrowInvalid as error:
            raise self._conversion_error(error, kinds) from None

    def _reader(self, **convert: Any) -> Any:
        import pyarrow as pa
        from pyarrow.csv import ConvertOptions, open_csv

        if self._stream is None:
            self.packed = Packed(self._path)
            source = self.packed.stream
        else:
            source = pa.PythonFile(PeekedStream(self._begun, self._stream), mode="r")
        return open_csv(source, convert_options=ConvertOptions(**convert), **self._options)

    def _labels(self, chosen: Selection) -> dict[str, str]:
        """The columns that hold labels, groups or ids, by role; each column once."""
        here = chosen.all  # and not in the names of folders
        sides = ((TARGET, chosen.target), (PREDICTION, chosen.probabilities))
        single = {role: names[0] for role, names in sides if len(names) == 1 and names[0] in here}
        single = {} if chosen.multilabel else single
        if PREDICTION in single and self._are_scores(single[PREDICTION]):
            del single[PREDICTION]
        for role, name in ((GROUP, chosen.group), (ID, chosen.id)):
            if name in here and name not in single.values():
                single[role] = name
        return single

    def _are_scores(self, name: str) -> bool:
        """Tell by the first rows whether the one column of predictions holds scores."""
        import pyarrow as pa

        column = self._first.column(name)
        fractions = pa.types.is_floating(column.type)
        if self._spelling.scored and (fractions or pa.types.is_integer(column.type)):
            return True
        if self._spelling.unknown or self._spelling.scores or not fractions:
            return self._spelling.scores
        if column.null_count:
            return True  # and refused
        values = array(column, name)
        inside = values.min(initial=0) >= 0 and values.max(initial=0) <= 1
        return bool(inside or (np.floor(values) != values).any())

    def _kinds(self, chosen: Selection, labels: dict[str, str]) -> dict[str, Any]:
        """Choose each column's type: text for labels, and for numbers by the first rows."""
        import pyarrow as pa

        kinds = {name: self._first.schema.field(name).type for name in chosen.all}
        several = [name for name in chosen.probabilities if name in kinds]
        # A rare class may be 0 and 0 for a long time, and a weight 1.
        wide = {*self._spelling.wide, chosen.weight}
        single = self._spelling.scores and len(several) == 1
        if (
            self._spelling.scored
            or single
            or any(pa.types.is_floating(kinds[name]) for name in several)
        ):
            wide.update(several)
        for name, kind in kinds.items():
            if pa.types.is_null(kind) or (pa.types.is_integer(kind) and name in wide):
                kinds[name] = pa.float64()
        kinds.update(dict.fromkeys(chosen.extra, pa.string()))  # as they are written
        for role, name in labels.items():  # whole numbers are read out of text, words as codes
            whole = pa.types.is_integer(self._first.schema.field(name).type)
            words = self._spelling.text[role] or not whole
            kinds[name] = pa.dictionary(pa.int32(), pa.string()) if words else pa.string()
        return kinds

    def _conversion_error(self, error: Exception, kinds: dict[str, Any]) -> Exception:
        """Return the error for a cell that is no number; a Reread if a wider type would do."""
        import pyarrow as pa

        at = re.match(r"In CSV column #(\d+): .*conversion error", str(error))
        if at is None or int(at[1]) >= len(self.names) or self._stream is not None:
            return error
        name = self.names[int(at[1])]
        if pa.types.is_integer(kinds.get(name, pa.null())):
            self._spelling.wide.add(name)
            return Reread(f"column {name} holds fractions")
        return F1Error(self._first_wrong(name) or str(error))

    def _first_wrong(self, name: str) -> str | None:
        """Find where a column of numbers holds something else."""
        import pyarrow as pa

        with self._reader(include_columns=[name], column_types={name: pa.string()}) as reader:
            cells = (text for part in reader for text in part.column(0).to_pylist())
            return no_number(name, cells, self._point)


def _rows_of(stream: Any) -> bytes:
    """The first megabyte, or more where that is not even a header and a row."""
    head = read(stream, _HEAD)
    while head.count(b"\n") < _LEAST and len(head) < _MOST and (more := read(stream, len(head))):
        head += more
    return head


def _whole_rows(text: str) -> str:
    """Text up to the last end of a row that is in no quotes."""
    end = text.rfind("\n")
    while end > 0 and text.count('"', 0, end) % 2:
        end = text.rfind("\n", 0, end)
    return text[: end + 1] if end > 0 else text


def _dialect(text: str, path: Path) -> tuple[str, str]:
    """Guess what separates the columns, and what the digits of a fraction."""
    order = "\t" + _DELIMITERS if ".tsv" in path.name.lower() else _DELIMITERS
    rows = {mark: _rows(text, mark) for mark in order}
    sound = [
        mark for mark, some in rows.items()
        if len(some[0]) > 1 and (len(some) == 1 or len(some[1]) == len(some[0]))
    ]  # fmt: skip
    delimiter = sound[0] if sound else max(rows, key=lambda mark: len(rows[mark][0]))
    if delimiter == ",":
        return delimiter, "."
    cells = [cell.strip() for row in rows[delimiter][1:] for cell in row]
    comma = any(map(_COMMA.fullmatch, cells)) and not any(map(_POINT.fullmatch, cells))
    return delimiter, "," if comma else "."


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The header and some rows."""
    try:
        lines = csv.reader(io.StringIO(text), delimiter=delimiter)
        return list(itertools.islice((row for row in lines if row), _SHOWN)) or [[""]]
    except csv.Error:
        return [[""]]
