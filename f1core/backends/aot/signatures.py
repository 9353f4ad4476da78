"""Which kernels are compiled, and for which dtypes: all that `count` ever calls.

An argument is written as its dtype, a colon and its number of dimensions, and a `w` where it is
filled; `n` is an int64, `t` and `s` are whole numbers as wide as targets and scores. T stands for
the dtypes of targets, P for those of predicted ids, S for those of scores, as bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

IDS = ("u1", "i4", "i8")
FLAGS = ("u1", "u4", "u8")  # 0 or 1, or the bits of 0.0 or 1.0
SCORES = ("u2", "u4", "u8")  # float16 and bfloat16, float32, float64
BITS = ("u1", *SCORES)  # whole numbers that are 0 or 1 as well


class Signature(NamedTuple):
    """The module that has a kernel, its arguments, and what its letters stand for."""

    module: str
    arguments: str
    targets: tuple[str, ...] = ()
    predicted: tuple[str, ...] = ()
    scores: tuple[str, ...] = ()


SIGNATURES = {
    "argmax": Signature("argmax_ids", "S:2 s i4:1w", scores=SCORES),
    "argmax_of_columns": Signature("argmax_ids", "S:2 n s i4:1w", scores=SCORES),
    "binary": Signature("binary_counts", "T:1 t S:1 s s i8:1w", FLAGS, scores=BITS),
    "binary_sums": Signature("binary_counts", "T:1 t S:1 s n n n n i8:1w", FLAGS, scores=BITS),
    "binary_sums_weighted": Signature(
        "binary_counts", "T:1 t S:1 s n n n n f8:1 f8:1w", FLAGS, scores=BITS
    ),
    "multiclass": Signature("argmax_counts", "T:1 S:2 s i8:2w", IDS, scores=SCORES),
    "multiclass_sums": Signature("argmax_counts", "T:1 S:2 s i8:2w", IDS, scores=SCORES),
    "topk_sums": Signature("topk_counts", "i8:1 S:2 s n i8:2w", scores=SCORES),
    "topk_lists": Signature("topk_ids", "S:2 s n S:1w S:1w i4:1w", scores=SCORES),
    "topk_sifted": Signature("topk_ids", "S:2 s n i8:1w i4:1w i4:1w", scores=SCORES),
    "onehot": Signature("onehot_ids", "T:2 t i4:1w", FLAGS),
    "labels": Signature("label_pairs", "T:1 P:1 i8:2w", IDS, IDS),
    "labels_weighted": Signature("label_pairs", "T:1 P:1 f8:1 f8:2w", IDS, IDS),
    "labels_sums": Signature("label_pairs", "T:1 P:1 i8:2w", IDS, IDS),
    "labels_sums_weighted": Signature("label_pairs", "T:1 P:1 f8:1 f8:2w", IDS, IDS),
    "labels_in_bytes": Signature("label_pairs", "T:1 T:1 n u1:1w u4:1w i8:1w", IDS),
    "unpacked": Signature("label_pairs", "u1:1 u4:1 u4:2w i8:2w"),
    "few_labels": Signature(
        "multilabel_fused", "T:2 t S:2 n s S:1 u4:1w i8:2w", FLAGS, scores=BITS
    ),
    "many_labels": Signature(
        "multilabel_fused", "T:2 t S:2 n s S:1 S:1w u1:2w f8:1 i8:2w i8:1w", FLAGS, scores=BITS
    ),
    "flags": Signature(
        "threshold_masks", "T:2 t n n n n n n n u2:1w u2:1w u2:1w u2:1w", FLAGS
    ),
    "cut": Signature(
        "threshold_masks", "S:2 n n n n S:1 S:1w n n n u2:1w u2:1w", scores=BITS
    ),
    "outside": Signature(
        "threshold_masks", "S:2 n n n n n n n u2:1w u2:1w", scores=BITS
    ),
    "add_few": Signature("multilabel_masks", "n u2:1w u2:1w u2:1w n u4:1w i8:2w"),
    "add_seen": Signature("multilabel_masks", "u4:1 n n f8:1 i8:1w"),
    "add_many": Signature(
        "multilabel_masks", "n n u2:1w u2:1w u2:1w n u2:1 f8:1 i8:2w i8:1w"
    ),
    "add_weighted": Signature(
        "multilabel_weights",
        "n n u2:1 u2:1 u2:1 n u2:1 f8:1 f8:1 f8:1w u1:1w f8:2w f8:2w f8:1w",
    ),
    "decide": Signature("outcomes", "T:2 t S:2 S:1 S:1w n n n n u1:2w", FLAGS, scores=BITS),
}  # fmt: skip


def variants(name: str) -> Iterator[tuple[str, ...]]:
    """Each combination of dtypes of a kernel, as its arguments with the letters replaced."""
    _, arguments, *letters = SIGNATURES[name]
    for target, predicted, score in product(*(each or ("",) for each in letters)):
        known = {"T": target, "t": target, "P": predicted, "S": score, "s": score}
        yield tuple(
            known.get(text[0], text[0]) + text[1:] if text[0] in known else text
            for text in arguments.split()
        )


def symbol(name: str, arguments: tuple[str, ...]) -> str:
    """What a variant is called in the object code: its kernel and the dtypes of its arrays."""
    return "-".join((name, *(text.partition(":")[0] for text in arguments if ":" in text)))
