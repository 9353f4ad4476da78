"""Published values: yardstick.json, what the R package yardstick prints for hpc_cv and two_class_example.

Source:    the examples on yardstick 1.4.0's reference pages (yardstick.tidymodels.org/reference/<page>), its front
           page and "Tidy Modeling with R", chapter 9 (tmwr.org/performance), copied digit for digit.
           Licence: MIT (yardstick).
Checked:   each value against scikit-learn on the csv file beside this script, to the last printed digit; the
           script fails when one disagrees. It predicts nothing.
Reading:   a value holds when abs(value - yours) <= tolerance, half a unit of the last printed digit.
           R's event is the first factor level (Class1) unless event_level says "second"; hpc_cv's levels are
           VF, F, M, L.
           For macro and macro_weighted, spec, npv, j_index, markedness and bal_accuracy are computed for each class
           against the rest and then averaged: macro bal_accuracy is not scikit-learn's balanced_accuracy_score.

Run: pip install numpy pandas scikit-learn; python make_yardstick.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import metrics

HERE = Path(__file__).parent
REFERENCE = "yardstick.tidymodels.org/reference/"
FRONT, BOOK = "yardstick.tidymodels.org", "tmwr.org/performance"

# two_class_example: metric, estimator, event_level, printed value, page
TWO_CLASS = """
    accuracy              binary  first   0.838      accuracy
    kap                   binary  first   0.675      kap
    mcc                   binary  first   0.677      mcc
    f_meas                binary  first   0.8485981  f_meas
    f_meas                binary  second  0.8258065  f_meas
    f2_meas               binary  first   0.867      f_meas
    precision             binary  first   0.8194946  precision
    precision             binary  second  0.8609865  precision
    recall                binary  first   0.879845   recall
    recall                binary  second  0.7933884  recall
    sens                  binary  first   0.879845   sens
    sens                  binary  second  0.7933884  sens
    spec                  binary  first   0.7933884  spec
    spec                  binary  second  0.879845   spec
    ppv                   binary  first   0.8194946  ppv
    ppv                   binary  second  0.8609865  ppv
    npv                   binary  first   0.8609865  npv
    npv                   binary  second  0.8194946  npv
    j_index               binary  first   0.6732334  j_index
    j_index               binary  second  0.6732334  j_index
    bal_accuracy          binary  first   0.8366167  bal_accuracy
    bal_accuracy          binary  second  0.8366167  bal_accuracy
    markedness            binary  first   0.6804811  markedness
    markedness            binary  second  0.6804811  markedness
    fall_out              binary  first   0.2066116  fall_out
    fall_out              binary  second  0.120155   fall_out
    miss_rate             binary  first   0.120155   miss_rate
    miss_rate             binary  second  0.2066116  miss_rate
    detection_prevalence  binary  first   0.554      detection_prevalence
    detection_prevalence  binary  second  0.446      detection_prevalence
    roc_auc               binary  first   0.939      roc_auc
    average_precision     binary  first   0.947      average_precision
"""

# hpc_cv, all rows: metric, estimator, printed value, page
HPC = """
    precision  macro           0.631  FRONT
    precision  micro           0.709  FRONT
    kap        multiclass      0.508  kap
    accuracy   multiclass      0.709  BOOK
    mcc        multiclass      0.515  BOOK
    sens       macro           0.560  BOOK
    sens       macro_weighted  0.709  BOOK
    sens       micro           0.709  BOOK
    roc_auc    hand_till       0.829  BOOK
    roc_auc    macro_weighted  0.868  BOOK
"""

# hpc_cv, Fold01 to Fold10: metric (which is also the page), estimator, ten printed values
FOLDS = """
    accuracy    multiclass      0.726 0.712 0.758 0.712 0.712 0.697 0.675 0.721 0.673 0.699
    kap         multiclass      0.533 0.512 0.594 0.511 0.514 0.486 0.454 0.531 0.454 0.492
    mcc         multiclass      0.542 0.521 0.602 0.519 0.520 0.494 0.461 0.538 0.459 0.498
    f_meas      macro           0.563 0.542 0.641 0.593 0.570 0.554 0.516 0.601 0.555 0.560
    f_meas      macro_weighted  0.696 0.684 0.739 0.689 0.692 0.673 0.646 0.701 0.652 0.680
    precision   macro           0.637 0.603 0.706 0.658 0.651 0.626 0.562 0.652 0.605 0.625
    precision   macro_weighted  0.697 0.690 0.752 0.690 0.705 0.682 0.649 0.702 0.661 0.683
    recall      macro           0.548 0.541 0.634 0.570 0.550 0.540 0.531 0.584 0.568 0.537
    recall      macro_weighted  0.726 0.712 0.758 0.712 0.712 0.697 0.675 0.721 0.673 0.699
    spec        macro           0.886 0.882 0.899 0.879 0.881 0.873 0.866 0.884 0.867 0.875
    spec        macro_weighted  0.816 0.815 0.839 0.803 0.812 0.795 0.790 0.814 0.795 0.801
    npv         macro           0.906 0.901 0.917 0.897 0.897 0.892 0.882 0.902 0.879 0.890
    npv         macro_weighted  0.896 0.890 0.905 0.878 0.878 0.871 0.853 0.885 0.845 0.864
    j_index     macro           0.434 0.422 0.533 0.449 0.431 0.413 0.398 0.468 0.435 0.412
    j_index     macro_weighted  0.542 0.527 0.597 0.515 0.524 0.492 0.466 0.535 0.468 0.501
    bal_accuracy  macro           0.717 0.711 0.767 0.724 0.715 0.707 0.699 0.734 0.717 0.706
    bal_accuracy  macro_weighted  0.771 0.763 0.799 0.758 0.762 0.746 0.733 0.768 0.734 0.750
    markedness  macro           0.543 0.504 0.622 0.556 0.548 0.518 0.444 0.554 0.484 0.515
    markedness  macro_weighted  0.592 0.579 0.657 0.568 0.583 0.553 0.502 0.587 0.506 0.547
    fall_out    macro           0.114 0.118 0.101 0.121 0.119 0.127 0.134 0.116 0.133 0.125
    fall_out    macro_weighted  0.184 0.185 0.161 0.197 0.188 0.205 0.210 0.186 0.205 0.199
    miss_rate   macro           0.452 0.459 0.366 0.430 0.450 0.460 0.469 0.416 0.432 0.463
    miss_rate   macro_weighted  0.274 0.288 0.242 0.288 0.288 0.303 0.325 0.279 0.327 0.301
    roc_auc     hand_till       0.813 0.817 0.869 0.849 0.811 0.836 0.825 0.846 0.828 0.812
    roc_auc     macro_weighted  0.880 0.873 0.906 0.867 0.866 0.865 0.868 0.865 0.841 0.869
    average_precision  macro           0.617 0.625 0.699 0.685 0.625 0.656 0.617 0.659 0.632 0.611
    average_precision  macro_weighted  0.750 0.745 0.794 0.757 0.740 0.747 0.751 0.759 0.714 0.742
    detection_prevalence  macro           0.25 0.25 0.25 0.25 0.25 0.25 0.25 0.25 0.25 0.25
    detection_prevalence  macro_weighted  0.413 0.409 0.404 0.411 0.407 0.411 0.405 0.406 0.402 0.408
"""

# Confusion matrices as yardstick prints them: rows are predictions, columns the truth.
CONFUSION = [
    ("two_class_example", None, ["Class1", "Class2"], [[227, 50], [31, 192]], BOOK),
    (
        "hpc_cv",
        "Fold01",
        ["VF", "F", "M", "L"],
        [[166, 33, 8, 1], [11, 71, 24, 7], [0, 3, 5, 3], [0, 1, 4, 10]],
        REFERENCE + "conf_mat",
    ),
]


def tolerance(printed):
    return 0.5 * 10.0 ** -len(printed.split(".")[1])


def records():
    for line in TWO_CLASS.split("\n")[1:-1]:
        metric, estimator, event, printed, page = line.split()
        yield dict(data="two_class_example", fold=None, metric=metric, estimator=estimator, event_level=event,
                   published=printed, seen=REFERENCE + page)  # fmt: skip
    for line in HPC.split("\n")[1:-1]:
        metric, estimator, printed, page = line.split()
        yield dict(data="hpc_cv", fold=None, metric=metric, estimator=estimator, event_level=None,
                   published=printed, seen={"FRONT": FRONT, "BOOK": BOOK}.get(page, REFERENCE + page))  # fmt: skip
    for line in FOLDS.split("\n")[1:-1]:
        metric, estimator, *values = line.split()
        for fold, printed in enumerate(values, 1):
            yield dict(data="hpc_cv", fold=f"Fold{fold:02}", metric=metric, estimator=estimator, event_level=None,
                       published=printed, seen=REFERENCE + metric)  # fmt: skip


def by_scikit_learn(record, truth, pred, prob, levels):
    """The same value by scikit-learn; prob has one column per level."""
    name, estimator = record["metric"], record["estimator"]
    if name == "accuracy":
        return metrics.accuracy_score(truth, pred)
    if name == "kap":
        return metrics.cohen_kappa_score(truth, pred)
    if name == "mcc":
        return metrics.matthews_corrcoef(truth, pred)
    average = {"macro": "macro", "macro_weighted": "weighted", "micro": "micro"}.get(estimator)
    if name in ("roc_auc", "average_precision"):
        if estimator == "binary":
            rank = metrics.roc_auc_score if name == "roc_auc" else metrics.average_precision_score
            return rank(truth == levels[0], prob[:, 0])
        if name == "average_precision":
            return metrics.average_precision_score(truth[:, None] == levels, prob, average=average)
        order = np.argsort(levels)
        one = {"hand_till": ("ovo", "macro"), "macro_weighted": ("ovr", "weighted")}[estimator]
        prob = prob / prob.sum(axis=1, keepdims=True)
        return metrics.roc_auc_score(
            truth, prob[:, order], labels=levels[order], multi_class=one[0], average=one[1]
        )

    (tn, fp), (fn, tp) = metrics.multilabel_confusion_matrix(truth, pred, labels=levels).transpose(
        1, 2, 0
    )
    support = tp + fn
    if estimator == "binary":
        one = 0 if record["event_level"] == "first" else 1
        tn, fp, fn, tp, support = (np.array([v[one]]) for v in (tn, fp, fn, tp, support))
    if estimator == "micro":
        tn, fp, fn, tp, support = (np.array([v.sum()]) for v in (tn, fp, fn, tp, support))
    sens, spec, ppv, npv = tp / (tp + fn), tn / (tn + fp), tp / (tp + fp), tn / (tn + fn)
    values = {
        "precision": ppv, "ppv": ppv, "recall": sens, "sens": sens, "spec": spec, "npv": npv,
        "f_meas": 2 * tp / (2 * tp + fp + fn), "f2_meas": 5 * tp / (5 * tp + fp + 4 * fn),
        "j_index": sens + spec - 1, "bal_accuracy": (sens + spec) / 2, "markedness": ppv + npv - 1,
        "fall_out": 1 - spec, "miss_rate": 1 - sens, "detection_prevalence": (tp + fp) / (tn + fp + fn + tp),
    }[name]  # fmt: skip
    value = np.average(values, weights=support if estimator == "macro_weighted" else None)
    again = {
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
        "f_meas": metrics.f1_score,
    }.get(name)
    if again:  # scikit-learn's own formula must say the same as the counts
        label = {"average": average} if average else {"average": "binary", "pos_label": levels[one]}
        assert np.isclose(value, again(truth, pred, **label), rtol=0, atol=1e-12)
    return value


def main():
    tables = {name: pd.read_csv(HERE / f"{name}.csv") for name in ("hpc_cv", "two_class_example")}
    levels = {
        "hpc_cv": np.array(["VF", "F", "M", "L"]),
        "two_class_example": np.array(["Class1", "Class2"]),
    }
    columns = {"hpc_cv": ("obs", "pred"), "two_class_example": ("truth", "predicted")}

    def columns_of(name, fold):
        table = tables[name]
        table = table if fold is None else table[table["Resample"] == fold]
        truth, pred = (table[column].to_numpy(str) for column in columns[name])
        return truth, pred, table[list(levels[name])].to_numpy(), levels[name]

    values, wrong = [], []
    for record in records():
        record |= {"value": float(record["published"]), "tolerance": tolerance(record["published"])}
        ours = by_scikit_learn(record, *columns_of(record["data"], record["fold"]))
        agrees = abs(ours - record["value"]) <= record["tolerance"] * (1 + 1e-9)
        (values if agrees else wrong).append(record | {"ours": ours})
    for record in wrong:
        print("disagrees:", record)
    assert not wrong
    confusion = []
    for name, fold, names, printed, seen in CONFUSION:
        matrix = np.array(printed).T
        truth, pred, _, _ = columns_of(name, fold)
        assert (metrics.confusion_matrix(truth, pred, labels=names) == matrix).all()
        confusion.append(
            dict(
                data=name,
                fold=fold,
                labels=names,
                rows_are="truth",
                counts=matrix.tolist(),
                seen=seen,
            )
        )

    keys = (
        "data",
        "fold",
        "metric",
        "estimator",
        "event_level",
        "value",
        "tolerance",
        "published",
        "seen",
    )
    about = {
        "about": "Metric values printed in the documentation of the R package yardstick 1.4.0 (MIT) for hpc_cv.csv and "
        "two_class_example.csv. A value holds when abs(value - yours) <= tolerance. fold null: all rows. "
        "event_level first: the positive class is Class1; second: Class2.",
        "levels": {name: list(level) for name, level in levels.items()},
        "columns": {name: list(pair) for name, pair in columns.items()},
    }
    lines = [json.dumps({key: record[key] for key in keys}) for record in values]
    text = json.dumps(about, indent=1)[:-2]
    text += ',\n "confusion": [\n  ' + ",\n  ".join(map(json.dumps, confusion)) + "\n ]"
    text += ',\n "values": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n"
    json.loads(text)
    (HERE / "yardstick.json").write_text(text)
    print(len(values), "values and", len(confusion), "confusion matrices agree with scikit-learn")


if __name__ == "__main__":
    main()
