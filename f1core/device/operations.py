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
        """Cast to the dtype of counters: int64, or int32 where there is none."""

    def cast_like(self, array: Any, like: Any) -> Any:
        """Cast to the dtype of another array."""

    def double(self, array: Any) -> Any:
        """Cast to float64."""

    def floor(self, array: Any) -> Any:
        """Round down."""

    def maximum(self, array: Any, least: float) -> Any:
        """Replace numbers below this one by it."""

    def any(self, flags: Any) -> Any:
        """Reduce the last axis: is any True?"""

    def all(self, flags: Any) -> Any:
        """Reduce the last axis: are all True?"""

    def total(self, array: Any) -> Any:
        """Sum over the last axis, as a counter."""

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
        """Find where in sorted values each could be: a valid index."""

    def histogram(self, ids: Any, size: int, weight: Any = None) -> Any:
        """Count how often each of 0…size-1 occurs, or sum its weights: (size,)."""

    def flat(self, array: Any) -> Any:
        """Flatten into one axis."""

    def repeat(self, array: Any, times: int) -> Any:
        """Repeat each element so many times."""

    def concatenate(self, arrays: list[Any]) -> Any:
        """Join along the first axis."""

    def stack(self, columns: list[Any]) -> Any:
        """Stack k arrays (n,) into (n, k)."""
