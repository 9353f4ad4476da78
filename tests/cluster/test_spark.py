"""Spark on two local cores: any partitions give the integers of score(), only counts travel."""

import os
import sys

import numpy as np
import pytest
from same import close, same_bits

import f1core
from f1core import F1Error

pyspark = pytest.importorskip("pyspark")
pytest.importorskip("pyarrow")
pd = pytest.importorskip("pandas")

from pyspark.sql import SparkSession, functions  # noqa: E402

from f1core.cluster.spark import score  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of Spark's own code
NAMES = np.array(["ant", "bee", "cat", "dog"])


@pytest.fixture(scope="module")
def spark():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("PYSPARK_DRIVER_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        path = os.path.dirname(os.path.dirname(f1core.__file__))
        patch.setenv("PYTHONPATH", os.pathsep.join([path, os.environ.get("PYTHONPATH", "")]))
        try:
            session = (
                SparkSession.builder.master("local[2]")
                .config("spark.driver.host", "127.0.0.1")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", "false")
                .config("spark.sql.shuffle.partitions", "4")
                .config("spark.sql.execution.arrow.maxRecordsPerBatch", "64")
                .getOrCreate()
            )
        except Exception as error:
            pytest.skip(f"Spark does not start: {str(error).splitlines()[0]}")
        yield session
        session.stop()


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    n = 1000
    scores = (rng.integers(0, 9, (n, 4)) / 8).astype("f4")
    true = np.sort(rng.integers(0, 4, n))  # so that most partitions lack classes
    frame = pd.DataFrame({"y": true, "name": NAMES[true], "w": rng.integers(1, 5, n)})
    for i in range(4):
        frame[f"p_{i}"], frame[f"q`.{NAMES[i]}"] = scores[:, i], scores[:, i].astype("f8")
        frame[f"y_{i}"] = (rng.random(n) < scores[:, i]).astype("i8")
    frame["pred"], frame["said"] = scores.argmax(1), NAMES[scores.argmax(1)]
    frame["late"], frame["v"] = true > 1, scores.tolist()
    return frame, true, scores


@pytest.fixture(scope="module")
def df(spark, rows):
    whole = spark.createDataFrame(rows[0]).repartitionByRange(7, "y", "w").cache()
    return whole.union(whole.limit(0)).coalesce(9)


def test_columns_lists_and_partitions(df, rows):
    _, true, scores = rows
    same_bits(score(df, target="y", probabilities="v"), f1core.score(true, scores))
    expected = f1core.score(true, scores, classes=[0, 1, 2, 3])
    same_bits(score(df, target="y", probabilities="p_*"), expected)
    named = f1core.score(NAMES[true], scores.astype("f8"), classes=NAMES.tolist())
    same_bits(score(df, target="name", probabilities="q`.*"), named)
    for parts in (1, 30):
        same_bits(score(df.repartition(parts), target="y", probabilities="p_*"), expected)


def test_what_the_star_stands_for_names_the_class(spark):
    rng = np.random.default_rng(0)
    true, scores = rng.integers(0, 12, 300), rng.random((300, 12))
    columns = {f"p_{i}": scores[:, i] for i in range(12)}
    frame = pd.DataFrame({"y": true, **{name: columns[name] for name in sorted(columns)}})
    rows = spark.createDataFrame(frame)
    for classes in (None, 12, range(12)):
        found = score(rows, target="y", probabilities="p_*", classes=classes)
        assert found.to_dict() == f1core.score(true, scores).to_dict()
    by_name = {"a": 1, "b": 0, **{f"c{i}": i for i in range(2, 12)}}
    found = score(rows, target="y", probabilities="p_*", classes=by_name)
    assert found.to_dict() == f1core.score(true, scores).to_dict()
    with pytest.raises(F1Error, match="probabilities has"):
        score(rows, target="y", probabilities="p_*", classes=list(range(1, 13)))


def test_ml_vectors(df, rows):
    ml = pytest.importorskip("pyspark.ml.functions")
    _, true, scores = rows
    found = df.select("y", ml.array_to_vector("v").alias("probability"))
    same_bits(
        score(found, target="y", probabilities="probability"),
        f1core.score(true, scores.astype("f8")),
    )


def test_labels_are_discovered_in_each_partition(df, rows):
    frame, _, _ = rows
    expected = f1core.score(frame["name"], frame["said"])
    same_bits(score(df, target="name", probabilities="said"), expected)
    expected = f1core.score(frame["y"], frame["pred"])
    same_bits(score(df, target="y", probabilities="pred", task="multiclass"), expected)


def test_binary_multilabel_and_weights(df, rows):
    frame, true, scores = rows
    same_bits(
        score(df, target="late", probabilities="p_0", threshold=0.25),
        f1core.score(frame["late"], frame["p_0"], threshold=0.25),
    )
    flags = frame[[f"y_{i}" for i in range(4)]].to_numpy()
    expected = f1core.score(flags, scores, task="multilabel", classes=range(4))
    found = score(df, target="y_*", probabilities="p_*", task="multilabel")
    same_bits(found, expected)
    weighted = f1core.score(true, scores, sample_weight=frame["w"])
    close(score(df, target="y", probabilities="v", sample_weight="w"), weighted)


def test_a_bad_row_names_its_partition_and_no_traceback_comes(df):
    wrong = functions.when(df["y"] == 2, float("nan")).otherwise(df["p_2"])
    with pytest.raises(
        F1Error, match=r"^partition \d+: probabilities is NaN at row \d+, column 2$"
    ):
        score(df.withColumn("p_2", wrong), target="y", probabilities="p_*")
    null = functions.when(df["y"] != 2, df["p_2"])
    with pytest.raises(F1Error, match=r"^partition \d+: column p_2 is null at row \d+"):
        score(df.withColumn("p_2", null), target="y", probabilities="p_*")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"target": "yy"}, "no column 'yy'"),
        ({"probabilities": "q_*"}, "no column matches 'q_\\*'"),
        ({"probabilities": "pred"}, "say task='binary' or task='multiclass'"),
        ({"target": "y_*"}, "say task='multiclass'"),
        ({"treshold": 0.5}, "did you mean threshold="),
        ({"sample_weight": "x"}, "no column 'x'"),
    ],
)
def test_what_cannot_be_scored(df, columns, words):
    with pytest.raises(F1Error, match=words):
        score(df, **{"target": "y", "probabilities": "p_*", **columns})


def test_no_rows_and_no_frame(df, rows):
    with pytest.raises(F1Error, match="no rows"):
        score(df.limit(0), target="y", probabilities="p_*")
    with pytest.raises(F1Error, match="give a Spark DataFrame"):
        score(rows[0], target="y", probabilities="p_*")


def test_only_counts_reach_the_driver(df, monkeypatch):
    """What the driver collects: one state for each of 8 merging tasks, and no rows."""
    kind, seen = type(df), []
    collect = kind.collect

    def watched(self):
        found = collect(self)
        seen.append((self.columns, [len(row["state"]) for row in found]))
        return found

    monkeypatch.setattr(kind, "collect", watched)
    score(df, target="y", probabilities="p_*")
    ((columns, sizes),) = seen
    assert columns == ["part", "state"]
    assert len(sizes) <= 8 and max(sizes) < 2_000


def test_predictions_that_are_no_class(spark):
    said = [("a", "a", 0, 0), ("b", "zzz", 1, 7), ("b", None, 1, None), ("b", "b", 1, 1)]
    frame = spark.createDataFrame(said, ["y", "p", "n", "m"])
    how = {"task": "multiclass", "unknown": "miss"}
    for target, probabilities, classes in (("y", "p", ["a", "b"]), ("n", "m", 2)):
        found = score(frame, target=target, probabilities=probabilities, classes=classes, **how)
        assert found.confusion.tolist() == [[1, 0, 0], [0, 1, 2]]


def test_lists_of_names_are_labels(spark):
    rng = np.random.default_rng(0)
    true, pred = ((rng.random((300, 4)) < 0.3).astype(int) for _ in range(2))
    scores = rng.random((300, 4)).astype("f4")
    columns = {"y": [NAMES[row == 1].tolist() for row in true],
               "said": [NAMES[row == 1].tolist() for row in pred]}  # fmt: skip
    columns |= {f"p_{name}": scores[:, i] for i, name in enumerate(NAMES)}
    frame = spark.createDataFrame(pd.DataFrame(columns)).repartition(2)
    asked = {"task": "multilabel", "target": "y"}
    expected = f1core.score(true, pred, task="multilabel", classes=NAMES.tolist())
    same_bits(score(frame, probabilities="said", classes=NAMES.tolist(), **asked), expected)
    cut = f1core.score(true, scores, task="multilabel", classes=NAMES.tolist(), threshold=0.6)
    same_bits(score(frame, probabilities="p_*", threshold=0.6, **asked), cut)
    with pytest.raises(F1Error, match=r"'dog' at row .*, which is none of"):
        score(frame, probabilities="said", classes=NAMES.tolist()[:3], **asked)
