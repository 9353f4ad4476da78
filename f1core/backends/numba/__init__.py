"""The only Numba: arrays in, arrays filled; no strings, no raising, no Python objects."""

from ...count_layout import CELLS
from .limits import LANES
from .limits import LISTED as LISTED
from .limits import RANKED as RANKED
from .loader import Kernel
from .loader import NotCompiledYet as NotCompiledYet
from .loader import WarmupBudget as WarmupBudget
from .loader import hurry as hurry
from .loader import start as start
from .multilabel_pipeline import cells

argmax = Kernel("argmax_ids", "argmax")
argmax_of_columns = Kernel("argmax_ids", "argmax_of_columns")
binary = Kernel("binary_counts", "binary")
binary_sums = Kernel("binary_counts", "binary_sums")
binary_sums_weighted = Kernel("binary_counts", "binary_sums_weighted")
decide = Kernel("outcomes", "decide")
few_labels = Kernel("multilabel_fused", "few_labels")
labels = Kernel("label_pairs", "labels")
labels_in_bytes = Kernel("label_pairs", "labels_in_bytes")
labels_sums = Kernel("label_pairs", "labels_sums")
labels_sums_weighted = Kernel("label_pairs", "labels_sums_weighted")
labels_weighted = Kernel("label_pairs", "labels_weighted")
many_labels = Kernel("multilabel_fused", "many_labels")
multiclass = Kernel("argmax_counts", "multiclass")
multiclass_sums = Kernel("argmax_counts", "multiclass_sums")
onehot = Kernel("onehot_ids", "onehot")
topk = Kernel("topk_ids", "topk")
topk_sums = Kernel("topk_counts", "topk_sums")
unpacked = Kernel("label_pairs", "unpacked", price=0.0)  # comes with `labels_in_bytes`


def multilabel(
    true, true_from, words, words_from, n, cuts, below, limit, skips, ignored, chosen, coefs, sums,
    rows,
):  # fmt: skip
    """Cut and count labels: without options in one pass, else by masks (`cells`).

    10^6 rows of 15 labels take 6 ms and not 8, 50,000 of 1,000 take 22 and not 43.

    Returns whether a cell that counts is to be refused; the sums hold anything then.
    """
    usual = below != limit and not skips and not len(chosen)
    if usual and true_from < 0 and words_from < 0:
        sums[CELLS] += n
        count = few_labels if sums.shape[1] <= LANES else many_labels
        return count(true, words, below, words.dtype.type(limit), cuts, coefs, sums, rows)
    return cells(
        true, true_from, words, words_from, n, cuts, below, limit, skips, ignored, chosen, coefs,
        sums, rows,
    )  # fmt: skip


multilabel_weighted = cells
