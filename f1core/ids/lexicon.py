"""Labels with numbers that last, while more labels come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..counts import Array, union


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Labels numbered in the order in which they came, so that rows held need no new numbers."""

    labels: Array  # sorted
    numbers: Array  # of each

    @classmethod
    def of(cls, labels: Array) -> Lexicon:
        """Sorted labels, numbered in this order."""
        return cls(labels, np.arange(len(labels)))

    def extended(self, labels: Array) -> Lexicon:
        """The same and some more sorted labels."""
        both = union(self.labels, labels)
        if len(both) == len(self.labels):
            return self
        numbers = np.full(len(both), -1)
        numbers[np.searchsorted(both, self.labels)] = self.numbers
        new = numbers < 0
        numbers[new] = len(self.labels) + np.arange(np.count_nonzero(new))
        return Lexicon(both, numbers)

    def find(self, labels: Array) -> Array:
        """The numbers of labels that are in it."""
        return self.numbers[np.searchsorted(self.labels, labels)]

    @property
    def by_number(self) -> Array:
        """The label of each number."""
        found = np.empty_like(self.labels)
        found[self.numbers] = self.labels
        return found

    @property
    def order(self) -> Array:
        """Where each number's label stands in sorted order."""
        found = np.empty(len(self.numbers), np.int64)
        found[self.numbers] = np.arange(len(self.numbers))
        return found
