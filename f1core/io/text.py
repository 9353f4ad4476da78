"""CSV and its kin: any usual delimiter, packed or not; labels as they are written."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import F1Error, counted_from, shown
from . import arrow
from .batches import Columns, Reread, Source, reading
from .opening import Begun, opened, read
from .selection import Selection
from .spelling import GROUP, ID, PREDICTION, TARGET, Spelling

_HEAD = 1 << 20  # bytes whose rows tell what the columns hold
_LEAST, _MOST = 3, 1 << 28  # lines and bytes of the first rows
_DELIMITERS = ",;\t|"
_SHOWN = 50  # rows that tell whether numbers have a decimal comma
_COMMA = re.compile(r"-?[0-9]*,[0-9]+(e-?[0-9]+)?", re.IGNORECASE)
_POINT = re.compile(r"-?[0-9]*\.[0-9]+(e-?[0-9]+)?", re.IGNORECASE)
_MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class Delimited(Source):
    """Rows of text between delimiters, from a file or from a stream that is read once."""

    def __init__(self, path: Path, spelling: Spelling, stream: Any = None) -> None:
        from pyarrow import csv as arrow_csv

        self.name, self._path, self._spelling, self._stream = str(path), path, spelling, stream
        if stream is None:
            with opened(path) as file:
                head = _rows_of(file)
        else:
            head = self._begun = _rows_of(stream)
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "utf-8")
        text = head.decode(encoding, "replace")
        if not text.strip():
            raise F1Error("it is empty: there is not even a header")
        text = text if len(head) < _HEAD else _whole_rows(text)
        delimiter, point = _dialect(text, path)
        plain = text.removeprefix("\ufeff").encode()
        ends = np.flatnonzero(np.frombuffer(plain, np.uint8) == ord("\n"))
        longest = int(np.diff(ends, prepend=-1, append=len(plain)).max())
        block = max(_HEAD, 4 * longest)  # which holds a row
        self._options = {
            "read_options": arrow_csv.ReadOptions(
                encoding=encoding.removesuffix("-sig"),
                block_size=block,
            ),
            "parse_options": arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        }
        self._point = point
        convert = arrow_csv.ConvertOptions(decimal_point=point)
        parse = self._options["parse_options"]
        self._first = arrow_csv.read_csv(
            io.BytesIO(plain),
            # Without threads: a process that ends at once, as after a misspelt column, would abort
            # while Arrow starts its own (4 of 60 times on one core).
            read_options=arrow_csv.ReadOptions(block_size=block, use_threads=False),
            parse_options=parse,
            convert_options=convert,
        )
        self.names = list(self._first.column_names)

    def hint(self) -> str | None:
        """What may be wrong where a column is not found."""
        if len(self.names) > 1 or not re.search(r"\W", self.names[0].strip()):
            return None
        return (
            f"the header is one column, {shown(self.names[0])}: separate columns by a comma, a "
            "semicolon, a tab or |"
        )

    def batches(self, chosen: Selection) -> Iterator[Columns]:
        """The chosen columns, a batch of rows at a time."""
        labels = self._labels(chosen)
        others = [name for name in chosen.all if name not in labels.values()]
        done = 0
        with reading(self.name):
            for part in self._parts(chosen, labels):
                with counted_from(done):
                    batch = arrow.arrays(part, others)
                cells = {role: part.column(name) for role, name in labels.items()}
                try:
                    found = self._spelling.arrays(cells, labels, self.name, done)
                except Reread as error:
                    self._refuse_second(str(error))
                    raise
                yield {**batch, **{name: found[role] for role, name in labels.items()}}
                done += len(part)

    def _parts(self, chosen: Selection, labels: dict[str, str]) -> Iterator[Any]:
        """Record batches of the chosen columns, those of labels as text."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        kinds = self._kinds(chosen, labels)
        convert = arrow_csv.ConvertOptions(
            include_columns=chosen.all, column_types=kinds, decimal_point=self._point,
            null_values=_NULLS,
        )  # fmt: skip
        source = self._opened()
        try:
            with arrow_csv.open_csv(source, convert_options=convert, **self._options) as reader:
                yield from (part for part in reader if len(part))
        except pa.ArrowInvalid as error:
            raise self._told(error, kinds) from None

    def _opened(self) -> Any:
        import pyarrow as pa

        if self._stream is None:
            return opened(self._path)
        return pa.PythonFile(Begun(self._begun, self._stream), mode="r")

    def _labels(self, chosen: Selection) -> dict[str, str]:
        """The columns that hold labels, groups or ids, by role; each column once."""
        here = chosen.all  # and not in the names of folders
        found = {TARGET: chosen.target, PREDICTION: chosen.probabilities}
        found = {r: names for r, names in found.items() if len(names) == 1 and names[0] in here}
        if PREDICTION in found and self._are_scores(found[PREDICTION][0]):
            del found[PREDICTION]
        single = {role: names[0] for role, names in found.items()}
        for role, name in ((GROUP, chosen.group), (ID, chosen.id)):
            if name in here and name not in single.values():
                single[role] = name
        return single

    def _are_scores(self, name: str) -> bool:
        """Whether the one column of predictions holds scores, as far as the first rows tell."""
        import pyarrow as pa

        column = self._first.column(name)
        if self._spelling.scores:
            return True
        if not pa.types.is_floating(column.type):
            return False
        if column.null_count:
            return True  # and refused
        values = arrow.array(column, name)
        whole = bool((np.floor(values) == values).all())
        return not (whole and (values.max(initial=0) > 1 or values.min(initial=0) < 0))

    def _kinds(self, chosen: Selection, labels: dict[str, str]) -> dict[str, Any]:
        """Each column's type: text for labels, and for numbers what the first rows tell."""
        import pyarrow as pa

        kinds = {name: self._first.schema.field(name).type for name in chosen.all}
        several = {name: kinds[name] for name in chosen.probabilities if name in kinds}
        floating = any(map(pa.types.is_floating, several.values()))
        for name, kind in kinds.items():
            # A rare class may be 0 and 0 for a long time, and a weight 1.
            wide = (
                (floating and name in several)
                or name == chosen.weight
                or name in self._spelling.wide
            )
            if pa.types.is_null(kind) or (pa.types.is_integer(kind) and wide):
                kinds[name] = pa.float64()
        if self._spelling.scores and len(several) == 1:
            kinds[chosen.probabilities[0]] = pa.float64()
        return {**kinds, **dict.fromkeys(labels.values(), pa.dictionary(pa.int32(), pa.string()))}

    def _told(self, error: Exception, kinds: dict[str, Any]) -> Exception:
        """The sentence for a cell that is no number; a wider type, where that would do."""
        import pyarrow as pa

        at = re.match(r"In CSV column #(\d+): .*conversion error", str(error))
        if at is None or int(at[1]) >= len(self.names):
            return error
        name = self.names[int(at[1])]
        if pa.types.is_integer(kinds.get(name, pa.null())) and self._stream is None:
            self._spelling.wide.add(name)
            return Reread(f"column {name} holds fractions")
        if self._stream is not None:
            return error
        return F1Error(self._first_wrong(name) or str(error))

    def _first_wrong(self, name: str) -> str | None:
        """Where a column of numbers holds something else."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        convert = arrow_csv.ConvertOptions(include_columns=[name], column_types={name: pa.string()})
        done = 0
        with arrow_csv.open_csv(self._opened(), convert_options=convert, **self._options) as reader:
            for part in reader:
                for row, text in enumerate(part.column(0).to_pylist()):
                    try:
                        float(text.replace(self._point, "."))
                    except ValueError:
                        if text not in _NULLS:
                            return f"column {name} is {shown(text)} at row {done + row}, no number"
                done += len(part)
        return None

    def _refuse_second(self, why: str) -> None:
        if self._stream is not None:
            raise F1Error(f"{why}; a stream is read only once")


_NULLS = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null", "None", "<NA>",
]  # fmt: skip


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
    """What separates the columns, and what the digits of a fraction."""
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
