"""Columns and frames of pandas, polars and Arrow."""

import numpy as np
import pytest

from f1core import F1Error, score

TRUE = [0, 2, 1, 1]
WORDS = ["ant", "owl", "cat", "cat"]
PRED = np.float32([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.5, 0.2, 0.3]])
NAMES = ["ant", "cat", "owl"]
EXPECTED = score(TRUE, PRED).to_dict()
BINARY = score([0, 1, 1, 0], [0.1, 0.9, 0.3, 0.6]).to_dict()


def same(y_true, y_pred, expected=EXPECTED, **options):
    assert score(y_true, y_pred, **options).to_dict() == expected


class TestPandas:
    @pytest.fixture
    def pd(self):
        return pytest.importorskip("pandas")

    @pytest.mark.parametrize(
        "dtype", ["int64", "uint8", "float32", "Int64", "UInt8", "Float32", "object"]
    )
    def test_numbers(self, pd, dtype):
        same(pd.Series(TRUE, dtype=dtype, index=[7, 7, 1, 0]), PRED)
        same(pd.Index(TRUE, dtype=dtype), PRED)

    @pytest.mark.parametrize("dtype", ["float32", "float64", "Float64"])
    def test_frames(self, pd, dtype):
        same(TRUE, pd.DataFrame(PRED.astype("float64"), columns=NAMES).astype(dtype))

    def test_frames_of_mixed_columns(self, pd):
        frame = pd.DataFrame(PRED)
        frame[1] = frame[1].astype("Float64")
        same(TRUE, frame)

    def test_columns_of_frames(self, pd):
        frame = pd.DataFrame({"y": TRUE, "w": [1.0, 2.0, 1.0, 3.0]})
        weighted = score(TRUE, PRED, sample_weight=[1, 2, 1, 3]).to_dict()
        same(frame["y"], PRED, weighted, sample_weight=frame["w"])
        same(frame[["y"]], PRED)

    @pytest.mark.parametrize("dtype", ["object", "string", "category", "str"])
    def test_words(self, pd, dtype):
        words = pd.Series(WORDS, dtype=dtype)
        same(words, PRED, classes=NAMES)
        assert score(words, words).classes == NAMES

    def test_class_names_as_an_index(self, pd):
        for names in (pd.Index(NAMES), pd.Series(NAMES), pd.Categorical(NAMES)):
            same(pd.Series(WORDS), PRED, classes=names)

    @pytest.mark.parametrize("dtype", ["bool", "boolean"])
    def test_booleans(self, pd, dtype):
        true = pd.Series([False, True, True, False], dtype=dtype)
        same(true, pd.Series([0.1, 0.9, 0.3, 0.6]), BINARY)

    @pytest.mark.parametrize(
        ("values", "dtype"),
        [([0, 1, None, 0], "Int64"), ([True, None, True, False], "boolean"),
         (["a", None, "b", "a"], "string"), (["a", None, "b", "a"], "category"),
         ([0.0, None, 1.0, 0.0], "Float64"), ([0, 1, None, 0], "object")],
        ids=str,
    )  # fmt: skip
    def test_missing_values_are_refused(self, pd, values, dtype):
        column = pd.Series(values, dtype=dtype)
        with pytest.raises(F1Error, match=r"y_true .*(missing|NaN)"):
            score(column, [0.1, 0.9, 0.3, 0.6], task="binary", classes=["a", "b"])
        with pytest.raises(F1Error, match=r"y_true .*(missing|NaN)"):
            score(column, column, task="multiclass")

    def test_dates_are_refused(self, pd):
        with pytest.raises(F1Error, match="y_true has dtype datetime64"):
            score(pd.Series(pd.date_range("2020", periods=4)), TRUE)

    def test_arrow_columns(self, pd):
        pytest.importorskip("pyarrow")
        same(pd.Series(TRUE, dtype="int64[pyarrow]"), PRED)
        same(pd.Series(WORDS, dtype="string[pyarrow]"), PRED, classes=NAMES)


class TestPolars:
    @pytest.fixture
    def pl(self):
        return pytest.importorskip("polars")

    def test_numbers(self, pl):
        for dtype in (pl.Int8, pl.UInt32, pl.Int64, pl.Float32):
            same(pl.Series(TRUE, dtype=dtype), PRED)

    def test_frames(self, pl):
        frame = pl.DataFrame(PRED, schema=NAMES)
        same(TRUE, frame)
        same(frame.select(y=pl.Series(TRUE))["y"], frame)
        same(frame.select(y=pl.Series(TRUE)), frame)

    def test_words(self, pl):
        for words in (pl.Series(WORDS), pl.Series(WORDS, dtype=pl.Categorical),
                      pl.Series(WORDS, dtype=pl.Enum(NAMES))):  # fmt: skip
            same(words, PRED, classes=NAMES)
            same(words, PRED, classes=pl.Series(NAMES))

    def test_booleans(self, pl):
        same(pl.Series([False, True, True, False]), pl.Series([0.1, 0.9, 0.3, 0.6]), BINARY)

    def test_chunks(self, pl):
        column = pl.concat([pl.Series(TRUE[:2]), pl.Series(TRUE[2:])], rechunk=False)
        assert column.n_chunks() == 2
        same(column, PRED)

    def test_missing_values_are_refused(self, pl):
        for values in ([0, None, 1, 0], ["a", None, "b", "a"], [True, None, True, False]):
            with pytest.raises(F1Error, match=r"y_true .*(missing|NaN)"):
                score(pl.Series(values), pl.Series(values), task="multiclass")

    def test_a_lazy_frame_holds_no_rows(self, pl):
        with pytest.raises(F1Error, match=r"y_pred .*collect\(\) it first"):
            score(TRUE, pl.DataFrame(PRED).lazy())


class TestArrow:
    @pytest.fixture
    def pa(self):
        return pytest.importorskip("pyarrow")

    def test_numbers(self, pa):
        for dtype in ("int8", "uint16", "int64", "float32"):
            same(pa.array(TRUE, getattr(pa, dtype)()), PRED)

    def test_chunks(self, pa):
        same(pa.chunked_array([TRUE[:1], TRUE[1:]]), PRED)
        same(pa.chunked_array([WORDS[:1], WORDS[1:]]), PRED, classes=NAMES)

    def test_tables(self, pa):
        columns = [pa.array(PRED[:, i]) for i in range(3)]
        same(TRUE, pa.table(columns, names=NAMES))
        same(TRUE, pa.record_batch(columns, names=NAMES))
        same(pa.table([pa.array(TRUE)], names=["y"]), PRED)

    def test_words(self, pa):
        same(pa.array(WORDS), PRED, classes=NAMES)
        same(pa.array(WORDS).dictionary_encode(), PRED, classes=NAMES)

    def test_booleans(self, pa):
        same(pa.array([False, True, True, False]), pa.array([0.1, 0.9, 0.3, 0.6]), BINARY)

    def test_lists_of_scores(self, pa):
        vectors = pa.array(PRED.tolist(), pa.list_(pa.float32(), 3))
        same(TRUE, vectors)
        same(TRUE, pa.chunked_array([vectors[:1], vectors[1:]]))

    def test_nulls_are_refused(self, pa):
        for column in (pa.array([0, None, 1, 0]), pa.array(["a", None, "b", "a"]),
                       pa.chunked_array([[0, 1], [None, 0]])):  # fmt: skip
            with pytest.raises(F1Error, match=r"y_true .*null at row"):
                score(column, TRUE)
        with pytest.raises(F1Error, match=r"y_pred .*null at row 1"):
            score(TRUE, pa.table({"a": [0.5, None, 1.0, 0.0], "b": [0.5] * 4}))
