"""The findings of Keras and confidenceinterval."""

# ruff: noqa: E501 - code and prose as they are shown

from __future__ import annotations

from findings import FINDINGS, Finding

FINDINGS += [
    Finding(
        "Keras", "wrong", "F1Score predicts every class that ties for the highest score",
        "ties-two-* ties-first-right",
        """import keras
import numpy as np

f1 = keras.metrics.F1Score(average="micro")
f1.update_state(np.array([[1.0, 0.0, 0.0]]), np.array([[0.5, 0.5, 0.0]]))
print(float(f1.result()))""",
        "1",
        "The documentation says that the argmax is converted to 1 and the rest to 0; the code asks "
        "for `y_pred >= max`. The one row is right by argmax, and gets an F1 of 2/3. Ties are "
        "frequent in half precision, and of models that predict a constant.",
    ),
    Finding(
        "Keras", "wrong", "F1Score predicts nothing where the highest score is 0",
        "ties-all-zero",
        """import keras
import numpy as np

f1 = keras.metrics.F1Score(average="micro")
f1.update_state(np.eye(3)[[0, 1]], np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
print(float(f1.result()))""",
        "1",
        "A highest score within 1e-9 of 0 is no prediction; the documentation says argmax. Logits "
        "can be 0.",
    ),
    Finding(
        "Keras", "wrong", "An epsilon of 1e-7 is added to sums of weights",
        "weights-tiny",
        """import keras
import numpy as np

f1 = keras.metrics.F1Score(average="micro", threshold=0.5)
f1.update_state(
    np.array([[1.0], [1.0], [0.0], [0.0]]),
    np.array([[0.9], [0.2], [0.8], [0.1]]),
    sample_weight=np.full(4, 2.0**-24),
)
print(float(f1.result()))""",
        "1/2",
        "Weights that are small, such as 1/n of many rows in a first batch, shrink F1 towards 0; "
        "without the epsilon their size cancels.",
    ),
    Finding(
        "Keras", "rounding", "A perfect F1 may be below 1",
        "zero-division-perfect* *",
        """import keras
import numpy as np

f1 = keras.metrics.F1Score(average="micro", threshold=0.5)
f1.update_state(np.array([[1.0], [0.0]]), np.array([[0.9], [0.1]]))
print(float(f1.result()))""",
        "1",
        "The same epsilon, of whole rows: the seventh digit, where few of them are positive; of many "
        "it is lost in float32.",
    ),
    Finding(
        "Keras", "wrong", "Counters of float32 stop at 16,777,216",
        "large-past-2-24",
        """import keras
import numpy as np

recall = keras.metrics.Recall()
recall.update_state(np.ones(2**24), np.ones(2**24, "float32"))
recall.update_state(np.ones(2**24), np.zeros(2**24, "float32"))
for _ in range(2**12):
    recall.update_state(np.ones(1), np.ones(1, "float32"))
print(float(recall.result()))""",
        "4097/8193",
        "4,096 later batches of one hit change nothing. Large batches round instead. An epoch of "
        "segmentation has more pixels.",
    ),
    Finding(
        "Keras", "definition", "AUC is an approximation by 200 thresholds",
        "ranking-close",
        """import keras
import numpy as np

auc = keras.metrics.AUC()
auc.update_state(np.array([1, 0, 1, 0]), np.array([0.5004, 0.5003, 0.5002, 0.5001]))
print(float(auc.result()))""",
        "3/4",
        "Documented; `num_thresholds=` makes it finer. Scores between two neighbours of the grid "
        "count as equal.",
    ),
    Finding(
        "Keras", "rounding", "Scores are rounded to float32 before they are cut",
        "thresholds-next-float64 thresholds-tenth-bfloat16",
        """import keras
import numpy as np

recall = keras.metrics.Recall(thresholds=0.3)
recall.update_state(np.array([1, 0, 1]), np.array([0.30000000000000004, 0.3, 0.9]))
print(float(recall.result()))""",
        "1",
        "The first score is above 0.3 as float64, and equal to it as float32. Of bfloat16 it is the "
        "reverse: the threshold 0.1 is not rounded to bfloat16, so that a score of 0.1 is above it.",
    ),
    Finding(
        "Keras", "definition", "A tie for the last of k places is a hit",
        "top-k-tie",
        """import keras
import numpy as np

top = keras.metrics.SparseTopKCategoricalAccuracy(k=2)
top.update_state(np.array([2, 1]), np.float32([[0.6, 0.2, 0.2, 0.0], [0.6, 0.2, 0.2, 0.0]]))
print(float(top.result()))""",
        "1/2",
        "As torcheval: of two classes that share the second place both are among the best two.",
    ),
    Finding(
        "confidenceinterval", "wrong", "The interval of macro F1",
        "intervals-*",
        """from confidenceinterval import f1_score

true = [0] * 50 + [1] * 10
pred = [0] * 50 + [0] * 5 + [1] * 5
value, (low, high) = f1_score(true, pred, average="macro")
print(low, high)""",
        "0.656958474 0.962089145",
        "It names Takahashi et al. 2021, whose variance multiplies two terms where the code adds "
        "them, and divides by the product of two sums where the code divides by their sum. The upper "
        "end is above 1. On the matrix that the paper takes for its example (`intervals-dong`) the interval is "
        "3.4 % too wide. Micro and binary intervals are right.",
    ),
    Finding(
        "confidenceinterval", "rounding", "A perfect macro F1 is below 1",
        "*",
        """from confidenceinterval import f1_score

print(f1_score([0, 1, 2], [0, 1, 2], average="macro", compute_ci=False))""",
        "1",
        "An epsilon of 1e-7 in the denominator: the eighth digit. An area under a ROC curve of equal "
        "scores is 0.49999997, as float32.",
    ),
    Finding(
        "confidenceinterval", "definition", "Macro is over the classes up to the largest that occurs",
        "absent-all absent-middle",
        """from confidenceinterval import f1_score

print(
    f1_score([0, 1], [0, 1], average="macro", compute_ci=False),
    f1_score([0, 2], [0, 2], average="macro", compute_ci=False),
)""",
        "1 1",
        "Class 1, which does not occur, counts as 0 in the second line, and class 2 is left out in the "
        "first: the mean depends on how classes are numbered. scikit-learn's mean over the classes "
        "that occur is 1 both times, over three classes 2/3.",
    ),
    Finding(
        "confidenceinterval", "refused", "Rows of one class alone",
        "agreement-one-class",
        """from confidenceinterval import f1_score

try:
    print(f1_score([1, 1], [1, 1], average="binary", compute_ci=False))
except IndexError as error:
    print(error)""",
        "1",
        "The confusion matrix of one label is 1 x 1. All is right, F1 is 1.",
    ),
]  # fmt: skip
