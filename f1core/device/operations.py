"""Operations: the few that counting needs of a library of arrays."""

from __future__ import annotations

from typing import Any, Protocol


class Operations(Protocol):
    """Array operations of one library; "of a row" is over the last axis."""

    def constant(self, array: Any, like: Any) -> Any:
        """An ndarray as the library's own, where `like` is; bfloat16 too."""

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        """Choose elements; each side may be a number."""

    def arange(self, size: int, like: Any) -> Any:
        """(size,) counters 0…."""

    def ones_like(self, array: Any) -> Any:
        """Ones of this shape and dtype."""

    def whole(self, array: Any) -> Any:
        """As the dtype of counters: int64, or int32 where there is none."""

    def cast_like(self, array: Any, like: Any) -> Any:
        """As the dtype of another array."""

    def double(self, array: Any) -> Any:
        """As float64."""

    def floor(self, array: Any) -> Any:
        """Round down."""

    def maximum(self, array: Any, least: float) -> Any:
        """At least this number."""

    def any(self, flags: Any) -> Any:
        """Whether one of a row is True."""

    def all(self, flags: Any) -> Any:
        """Whether all of a row are True."""

    def total(self, array: Any) -> Any:
        """Sum of a row, as a counter."""

    def sum_rows(self, array: Any, weight: Any = None) -> Any:
        """(C,) sums over the rows of (n, C) numbers, or of flags as counters.

        With (n,) weights, their sums where a flag is True.
        """

    def best(self, scores: Any, k: int, out: Any = None) -> tuple[Any, Any]:
        """The largest scores of each row, the first among equals: ids (n,) or (n, k).

        And (n,) whether a row holds a NaN. Scores that are True in `out` (n, C), where nothing is
        NaN then, come after all others, or not at all: an id of C is no column.
        """

    def search(self, values: Any, wanted: Any) -> Any:
        """Where in sorted values each could be: a valid index."""

    def histogram(self, ids: Any, size: int, weight: Any = None) -> Any:
        """(size,) how often each of 0…size-1 occurs, or the sum of its weights."""

    def flat(self, array: Any) -> Any:
        """All elements in one axis."""

    def repeat(self, array: Any, times: int) -> Any:
        """Each element as often."""

    def concatenate(self, arrays: list[Any]) -> Any:
        """Join along the first axis."""

    def stack(self, columns: list[Any]) -> Any:
        """(n, k) of k arrays (n,)."""
