"""What stands behind each deviation: the smallest input, whose number it is, what it should be.

`verdict` is "wrong" (against the library's own documentation, or the source that it names),
"definition" (another meaning of the word, which may suit you better), "rounding" (float32, an
epsilon, products that cancel) or "refused" (no number: an exception). `vectors` are those that it
explains; a `*` stands for anything. `code` prints what `right` should be.
"""

# ruff: noqa: E501 - code and prose as they are shown

from __future__ import annotations

from typing import NamedTuple

TORCHMETRICS = "https://github.com/Lightning-AI/torchmetrics"
TORCHEVAL = "https://github.com/meta-pytorch/torcheval"


class Finding(NamedTuple):
    peer: str
    verdict: str
    title: str
    vectors: str
    code: str
    right: str
    why: str
    link: str = ""


FINDINGS = [
    Finding(
        "scikit-learn", "rounding", "MCC of 10^12 rows, nearly all of one class",
        "large-rare",
        """from sklearn.metrics import matthews_corrcoef

print(matthews_corrcoef([0, 0, 1, 1], [0, 1, 0, 1], sample_weight=[10**12, 10**6, 1, 1]))""",
        "sqrt(499999000000500000/1000002000002000002000001)",
        "Two products of float64 that agree in their first digits are subtracted: five digits of "
        "the result are right. Nobody has such a matrix every day.",
    ),
    Finding(
        "torchmetrics", "definition", "Whether a score is a logit is guessed from the batch",
        "logits-in-unit-interval",
        """import torch
from torchmetrics.functional.classification import binary_recall

both = torch.tensor([1, 1])
print(
    binary_recall(torch.tensor([0.2, 0.4]), both).item(),
    binary_recall(torch.tensor([0.2, 1.4]), both).item(),
)""",
        "1 1",
        "All four are logits above 0, so that all four rows are positive. Documented: values are "
        "taken for logits only if one of the batch lies outside of [0, 1]. The first batch, all "
        "inside, is cut at 0.5 as if it held probabilities. There is no switch; pass probabilities.",
        f"{TORCHMETRICS}/issues/1604",
    ),
    Finding(
        "torchmetrics", "definition", "Macro leaves out classes that do not occur",
        "absent-all absent-middle zero-division-classes-0 zero-division-classes-1",
        """import torch
from torchmetrics.functional.classification import multiclass_f1_score

print(
    multiclass_f1_score(
        torch.tensor([0, 2]), torch.tensor([0, 2]), num_classes=3, average="macro"
    ).item()
)""",
        "2/3",
        "2/3 is the mean over all three classes, which `num_classes=3` may be read to ask for. The "
        "mean over the classes that occur is scikit-learn's default too; the vectors that ask for "
        "that one pass. There is no switch, and `zero_division=1` does not reach such a class.",
        f"{TORCHMETRICS}/issues/1664",
    ),
    Finding(
        "torchmetrics", "definition", "MCC where one class alone is predicted",
        "agreement-one-class-predicted agreement-one-class",
        """import torch
from torchmetrics.functional.classification import binary_matthews_corrcoef

y = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1])
print(
    binary_matthews_corrcoef(torch.ones(8, dtype=int), y).item(),
    binary_matthews_corrcoef(torch.zeros(8, dtype=int), y).item(),
)""",
        "0 0",
        "0/0, so any number is a convention; scikit-learn's is 0, which is also the limit. An epsilon "
        "is put in the place of 0, but it cancels: sqrt(eps) (5 - 3) / sqrt(8 * 5 * 3 * eps), "
        "whatever eps is. Where truth and prediction are one and the same class torchmetrics says 1, "
        "scikit-learn 0; there the limit depends on the way to it.",
        f"{TORCHMETRICS}/pull/3371",
    ),
    Finding(
        "torchmetrics", "definition", "A confidence on the edge of two calibration bins",
        "calibration-edge",
        """import torch
from torchmetrics.functional.classification import binary_calibration_error

print(
    binary_calibration_error(
        torch.tensor([0.5, 0.25, 0.75]), torch.tensor([0, 1, 1]), n_bins=2
    ).item()
)""",
        "1/6",
        "0.5 is in the upper of two bins. Guo et al. 2017 have ((m - 1) / M, m / M], so that it is "
        "in the lower. Scores that were rounded to two digits lie on edges often.",
    ),
    Finding(
        "torchmetrics", "definition", "An ignored class is averaged over where it is predicted",
        "ignore-predicted",
        """import torch
from torchmetrics.functional.classification import multiclass_f1_score

print(
    multiclass_f1_score(
        torch.tensor([1, 1, 0, 2]),
        torch.tensor([0, 1, 2, 2]),
        num_classes=3,
        average="macro",
        ignore_index=0,
    ).item()
)""",
        "5/6",
        "`ignore_index` leaves out rows. The class stays in the mean, with an F1 of 0, as soon as a "
        "row of another class is taken for it.",
        f"{TORCHMETRICS}/issues/2441",
    ),
    Finding(
        "torchmetrics", "definition", "top_k counts one prediction a row",
        "top-k-two",
        """import torch
from torchmetrics.functional.classification import multiclass_precision

p = torch.tensor([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5], [0.1, 0.3, 0.6], [0.5, 0.3, 0.2]])
print(
    multiclass_precision(
        p, torch.tensor([0, 1, 2, 2]), num_classes=3, average="micro", top_k=2
    ).item()
)""",
        "3/8",
        "A row whose true class is among the two counts as one right prediction, any other row as "
        "its highest class, so that precision, recall and accuracy are one number. 3/8 is "
        "precision@2: three hits among eight predicted classes. Recall agrees.",
        f"{TORCHMETRICS}/pull/2839",
    ),
    Finding(
        "torchmetrics", "refused", "zero_division=nan",
        "zero-division-*-nan",
        """import torch
from torchmetrics.functional.classification import binary_f1_score

try:
    print(binary_f1_score(torch.zeros(2), torch.zeros(2, dtype=int), zero_division=float("nan")))
except ValueError as error:
    print(error)""",
        "nan",
        "0 and 1 are offered, and nothing that says \"undefined\".",
    ),
    Finding(
        "torcheval", "wrong", "Counters of float32 stop at 16,777,216",
        "large-past-2-24",
        """import torch
from torcheval.metrics import BinaryRecall

recall = BinaryRecall()
recall.update(torch.ones(2**24), torch.ones(2**24, dtype=int))
recall.update(torch.zeros(2**24), torch.ones(2**24, dtype=int))
for _ in range(2**16):
    recall.update(torch.ones(1), torch.ones(1, dtype=int))
print(recall.compute().item())""",
        "257/513",
        "65,536 later batches of one hit change nothing: float32 has no number between 2^24 and "
        "2^24 + 2. Large batches round instead.",
    ),
    Finding(
        "torcheval", "definition", "A score equal to the threshold is positive",
        "thresholds-*",
        """import torch
from torcheval.metrics.functional import binary_recall

print(binary_recall(torch.tensor([0.5, 0.25, 0.75]), torch.tensor([1, 0, 1])).item())""",
        "1/2",
        "Documented: `input < threshold` is 0, all else 1. scikit-learn's curves do so too; "
        "torchmetrics, Keras and f1core ask for `p > threshold`.",
    ),
    Finding(
        "torcheval", "refused", "Macro recall where a class is not in the truth",
        "absent-*",
        """import torch
from torcheval.metrics.functional import multiclass_recall

try:
    print(
        multiclass_recall(
            torch.tensor([0, 2]), torch.tensor([0, 2]), num_classes=3, average="macro"
        )
    )
except RuntimeError as error:
    print(error)""",
        "1",
        "Classes are left out of one side of a division only. 1 is the mean over those that occur.",
        f"{TORCHEVAL}/issues/216",
    ),
    Finding(
        "torcheval", "definition", "Macro leaves out classes that do not occur",
        "absent-all absent-middle",
        """import torch
from torcheval.metrics.functional import multiclass_f1_score

print(
    multiclass_f1_score(
        torch.tensor([0, 2]), torch.tensor([0, 2]), num_classes=3, average="macro"
    ).item()
)""",
        "2/3",
        "As torchmetrics: 2/3 is the mean over all three classes; there is no switch.",
    ),
    Finding(
        "torcheval", "definition", "A tie for the last of k places is a hit",
        "top-k-tie",
        """import torch
from torcheval.metrics.functional import multiclass_accuracy

p = torch.tensor([[0.6, 0.2, 0.2, 0.0], [0.6, 0.2, 0.2, 0.0]])
print(multiclass_accuracy(p, torch.tensor([2, 1]), num_classes=4, k=2).item())""",
        "1/2",
        "Two classes share the second place; both count as among the best two, which makes three. "
        "Of k classes, the first of equal ones, one row is right.",
    ),
]  # fmt: skip
