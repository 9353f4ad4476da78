"""scikit-learn's classification metrics, computed by f1core: change the import, keep the code.

`from f1core.adapters.sklearn import f1_score` has scikit-learn 1.9's signature, defaults, return
types, warnings and errors, and passes its tests. `scorer` makes a scorer of any f1core metric;
`TunedClassifier` is a classifier that predicts by its best threshold.
"""

from .averaging import (
    f1_score,
    fbeta_score,
    jaccard_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from .functions import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    hamming_loss,
    matthews_corrcoef,
    multilabel_confusion_matrix,
    zero_one_loss,
)
from .report import classification_report
from .scoring import scorer
from .tuned import TunedClassifier

__all__ = [
    "TunedClassifier",
    "accuracy_score",
    "balanced_accuracy_score",
    "classification_report",
    "cohen_kappa_score",
    "confusion_matrix",
    "f1_score",
    "fbeta_score",
    "hamming_loss",
    "jaccard_score",
    "matthews_corrcoef",
    "multilabel_confusion_matrix",
    "precision_recall_fscore_support",
    "precision_score",
    "recall_score",
    "scorer",
    "zero_one_loss",
]
