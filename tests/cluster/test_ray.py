"""Ray Data on two local cores: any blocks give the integers of score(), only counts travel."""

import os
from itertools import pairwise

import numpy as np
import pytest
from same import close, same_bits

import f1core
from f1core import F1Error

ray = pytest.importorskip("ray")
pytest.importorskip("ray.data")
pa = pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

from f1core.cluster.ray import score  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of Ray's own code
NAMES = np.array(["ant", "bee", "cat", "dog"])


@pytest.fixture(scope="module", autouse=True)
def _engine():
    folder = os.path.dirname(os.path.dirname(f1core.__file__))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]))
        ray.init(
            num_cpus=2, include_dashboard=False, _node_ip_address="127.0.0.1", log_to_driver=False
        )
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield
        ray.shutdown()


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    n = 1000
    scores = (rng.integers(0, 9, (n, 4)) / 8).astype("f4")
    true = np.sort(rng.integers(0, 4, n))  # so that most blocks lack classes
    frame = pd.DataFrame({"y": true, "name": NAMES[true], "w": rng.integers(1, 5, n)})
    for i in range(4):
        frame[f"p_{i}"], frame[f"q_{NAMES[i]}"] = scores[:, i], scores[:, i]
        frame[f"y_{i}"] = (rng.random(n) < scores[:, i]).astype("i8")
    frame["pred"], frame["said"] = scores.argmax(1), NAMES[scores.argmax(1)]
    frame["late"], frame["v"] = true > 1, scores.tolist()
    return frame, true, scores


@pytest.fixture(scope="module")
def ds(rows):
    frame, _, _ = rows
    table = pa.Table.from_pandas(frame, preserve_index=False)
    edges = [0, 3, 3, 200, 500, 501, 1000]
    parts = [table[a:b] for a, b in pairwise(edges)]
    return ray.data.from_arrow(parts)


def test_columns_lists_and_blocks(ds, rows):
    _, true, scores = rows
    expected = f1core.score(true, scores, classes=[0, 1, 2, 3])
    same_bits(score(ds, target="y", probabilities="p_*"), expected)
    found = score(ds, target="y", probabilities="v")
    assert found.to_dict() == expected.to_dict()
    named = f1core.score(NAMES[true], scores, classes=NAMES.tolist())
    same_bits(score(ds, target="name", probabilities="q_*"), named)
    same_bits(score(ds.repartition(20), target="y", probabilities="p_*"), expected)


def test_what_the_star_stands_for_names_the_class():
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 12, 300), rng.random((300, 12))
    columns = {f"p_{i}": scores[:, i] for i in range(12)}
    rows = ray.data.from_arrow(pa.table({"y": true, **dict(sorted(columns.items()))}))
    for classes in (None, 12, range(12), {chr(97 + i): i for i in reversed(range(12))}):
        found = score(rows, target="y", probabilities="p_*", classes=classes)
        assert found.to_dict() == f1core.score(true, scores).to_dict()


def test_tensors_and_pandas(rows):
    frame, true, scores = rows
    expected = f1core.score(true, scores)
    tensors = pa.FixedShapeTensorArray.from_numpy_ndarray(scores)
    found = ray.data.from_arrow(pa.table({"y": true, "data": tensors}))
    same_bits(score(found, target="y", probabilities="data"), expected)
    found = ray.data.from_pandas([frame[["y", "v"]][:600], frame[["y", "v"]][600:]])
    same_bits(score(found, target="y", probabilities="v", task="multiclass"), expected)


def test_labels_are_discovered_in_each_block(ds, rows):
    frame, _, _ = rows
    expected = f1core.score(frame["name"], frame["said"])
    same_bits(score(ds, target="name", probabilities="said"), expected)


def test_binary_multilabel_and_weights(ds, rows):
    frame, true, scores = rows
    same_bits(
        score(ds, target="late", probabilities="p_0", threshold=0.25),
        f1core.score(frame["late"], frame["p_0"], threshold=0.25),
    )
    flags = frame[[f"y_{i}" for i in range(4)]].to_numpy()
    expected = f1core.score(flags, scores, task="multilabel", classes=range(4))
    same_bits(score(ds, target="y_*", probabilities="p_*", task="multilabel"), expected)
    weighted = f1core.score(true, scores, sample_weight=frame["w"])
    close(score(ds, target="y", probabilities="v", sample_weight="w"), weighted)


def test_a_bad_row_names_its_block_and_no_traceback_comes(rows):
    frame, _, scores = rows
    wrong = frame.assign(p_2=np.where(np.arange(1000) == 700, np.nan, scores[:, 2]))
    found = ray.data.from_pandas([wrong[:500], wrong[500:]])
    with pytest.raises(F1Error, match=r"^block \d+: .*p.* (is|at) .*row 200"):
        score(found, target="y", probabilities="p_*")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"target": "yy"}, "no column 'yy'"),
        ({"probabilities": "r_*"}, "no column matches 'r_\\*'"),
        ({"probabilities": "pred"}, "say task='binary' or task='multiclass'"),
        ({"target": "y_*"}, "say task='multiclass'"),
        ({"treshold": 0.5}, "did you mean threshold="),
        ({"sample_weight": "x"}, "no column 'x'"),
    ],
)
def test_what_cannot_be_scored(ds, columns, words):
    with pytest.raises(F1Error, match=words):
        score(ds, **{"target": "y", "probabilities": "p_*", **columns})


def test_no_rows_and_no_dataset(ds, rows):
    with pytest.raises(F1Error, match="no rows"):
        score(ds.limit(0), target="y", probabilities="p_*")
    with pytest.raises(F1Error, match="give a Ray Dataset"):
        score(rows[0], target="y", probabilities="p_*")


def test_only_counts_reach_the_driver(ds, monkeypatch):
    kind, seen = ray.data.Dataset, []
    rows_of = kind.iter_rows

    def watched(self):
        for row in rows_of(self):
            seen.append((set(row), len(row["state"])))
            yield row

    monkeypatch.setattr(kind, "iter_rows", watched)
    score(ds, target="y", probabilities="p_*")
    assert seen
    assert all(columns == {"part", "state"} and size < 2_000 for columns, size in seen)


def test_predictions_that_are_no_class():
    said = pa.table({"y": ["a", "b", "b", "b"], "p": ["a", "zzz", None, "b"]})
    how = {"classes": ["a", "b"], "task": "multiclass", "unknown": "miss"}
    data = ray.data.from_arrow([said.slice(0, 2), said.slice(2)])
    found = score(data, target="y", probabilities="p", **how)
    assert found.confusion.tolist() == [[1, 0, 0], [0, 1, 2]]
    with pytest.raises(F1Error, match="column p is null"):
        score(data, target="p", probabilities="y", **how)


def test_lists_of_names_are_labels():
    rng = np.random.default_rng(0)
    true, pred = ((rng.random((300, 4)) < 0.3).astype(int) for _ in range(2))
    scores = rng.random((300, 4)).astype("f4")
    columns = {"y": [NAMES[row == 1].tolist() for row in true],
               "said": [NAMES[row == 1].tolist() for row in pred]}  # fmt: skip
    columns |= {f"p_{name}": scores[:, i] for i, name in enumerate(NAMES)}
    frame = ray.data.from_arrow([pa.table(columns)[:100], pa.table(columns)[100:]])
    asked = {"task": "multilabel", "target": "y"}
    expected = f1core.score(true, pred, task="multilabel", classes=NAMES.tolist())
    same_bits(score(frame, probabilities="said", classes=NAMES.tolist(), **asked), expected)
    cut = f1core.score(true, scores, task="multilabel", classes=NAMES.tolist(), threshold=0.6)
    same_bits(score(frame, probabilities="p_*", threshold=0.6, **asked), cut)
    turned = score(frame, probabilities="p_*", classes=NAMES.tolist()[::-1], threshold=0.6,
                   **asked)  # fmt: skip
    assert (turned.confusion[::-1] == cut.confusion).all()
    with pytest.raises(F1Error, match=r"'dog' at row .*, which is none of"):
        score(frame, probabilities="said", classes=NAMES.tolist()[:3], **asked)
