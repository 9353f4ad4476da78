"""Labels become class ids in one place: what they are, what is missing, what is rounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from f1core import Accumulator, F1Error, files, score, score_by
from f1core.arrays import BFLOAT16
from f1core.labels import UNKNOWN, LabelEncoder, factorize

OK = ["cat", "dog", "dog"]
NAN = float("nan")
MISSING = [NAN, None, np.float32("nan"), np.datetime64("NaT", "s"), np.ma.masked]
names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)


def bfloat16(values):
    """Whole numbers as the bits that torch or JAX hold for them."""
    words = np.asarray(values, np.float32).view(np.uint32) >> np.uint32(16)
    return words.astype(np.uint16).view(BFLOAT16)


# Strings


@given(st.lists(names, max_size=40), st.integers(0, 3))
def test_factorize_finds_what_unique_finds(listed, wider):
    array = np.array(listed, dtype=f"U{max(1, *map(len, listed), 0) + wider}")
    values, (codes,) = factorize(array)
    expected, places = np.unique(array, return_inverse=True)
    assert values.tolist() == expected.tolist()
    assert codes.tolist() == places.reshape(-1).tolist()
    again, (as_objects,) = factorize(array.astype(object))
    assert again.tolist() == expected.tolist() and as_objects.tolist() == codes.tolist()


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 300, 1023, 1025, 3000])
@pytest.mark.parametrize("letters", [1, 2, 3, 8, 41])
def test_any_number_of_names_of_any_length_is_told_apart(count, letters):
    rng = np.random.default_rng(count)
    names = sorted({"".join(rng.choice(list("abcdefgh"), letters)) for _ in range(count)})
    array = np.array(names)[rng.integers(0, len(names), 20_000)]
    values, (codes,) = factorize(array)
    assert (values[codes] == array).all() and (np.unique(array) == values).all()
    known = names[::2]
    places = LabelEncoder(known)(array)
    table = {name: place for place, name in enumerate(known)}
    assert places.tolist() == [table.get(name, UNKNOWN) for name in array.tolist()]


def test_an_encoder_meets_wider_and_narrower_cells_than_its_names():
    encode = LabelEncoder(["dog", "do", ""])
    assert encode(np.array(["dogma", "dog", "do", "d", ""])).tolist() == [-1, 0, 1, -1, 2]
    assert encode(np.array(["do", "d", ""])).tolist() == [1, -1, 2]
    assert encode(np.array(["dog"], dtype=">U7")).tolist() == [0]


@pytest.mark.parametrize("dtype", ["U", object])
def test_names_keep_their_last_character_even_if_it_is_nul(dtype):
    found = score(["a\0", "a"], ["a", "a"], classes=["a", "a\0"])
    assert found.confusion.tolist() == [[1, 0], [1, 0]]
    assert list(score_by(["a\0", "a"], [0, 1], [0, 1])) == ["a", "a\0"]
    with pytest.raises(F1Error, match=r"ends in the character \\0"):
        score(["a\0", "a"], ["a", "a"])


def test_a_string_label_of_ignored_rows_alone_is_no_class():
    for kind in (list, np.array, lambda listed: np.array(listed, dtype=object)):
        some = score(kind(["a", "x", "c"]), kind(["a", "c", "c"]), ignore_index="x")
        assert some.classes == ["a", "c"] and some.total == 2
        predicted = score(kind(["a", "x", "c"]), kind(["a", "x", "x"]), ignore_index="x")
        assert predicted.classes == ["a", "c", "x"] and predicted.total == 2
        always = score(kind(["b", "m", "z"]), kind(["m", "m", "m"]), ignore_index="m")
        assert always.classes == ["b", "m", "z"] and always.accuracy == 0.0
        by = score_by(kind(["g", "g", "h"]), kind(["a", "x", "c"]), kind(["a", "c", "c"]),
                      ignore_index="x")  # fmt: skip
        assert [by[g].total for g in "gh"] == [1, 1]


# Numbers


@given(st.lists(st.integers(-(2**62), 2**62) | st.integers(-5, 5), min_size=1, max_size=30))
def test_factorize_finds_whole_numbers_however_far_apart(listed):
    values, (codes,) = factorize(np.array(listed))
    assert values.tolist() == sorted(set(listed))
    assert [values[code] for code in codes] == listed


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint64, np.float32, np.int64])
def test_groups_keep_their_type(dtype):
    by = score_by(np.array([1, 0, 1], dtype), [0, 1, 1], [0, 1, 0])
    assert list(by) == [0, 1] and all(type(g) is type(np.zeros(1, dtype).tolist()[0]) for g in by)


ROUNDING = {
    "bfloat16": (bfloat16, 256, 260),
    "float16": (np.float16, 2048, 2050),
    "float32": (np.float32, 2**24, 2**24 + 2),
    "float64": (np.float64, 2**53, 2**53 + 2),
}


@pytest.mark.parametrize("kind", ROUNDING)
def test_floating_ids_that_their_dtype_rounds_are_refused(kind):
    make, last, beyond = ROUNDING[kind]
    plain = [0, 1, beyond]
    named = {"classes": plain}
    for call, name in (
        (lambda ids: score(ids, plain), "y_true"),
        (lambda ids: score(plain, ids), "y_pred"),
        (lambda ids: score(ids, plain, **named), "y_true"),
        (lambda ids: score(plain, ids, **named), "y_pred"),
        (lambda ids: Accumulator("multiclass", **named).update(ids, plain), "y_true"),
        (lambda ids: score_by(ids, [0, 1, 1], [0, 1, 1]), "groups"),
    ):
        with pytest.raises(F1Error) as caught:
            call(make(plain))
        wanted = f"{name} is {beyond} at row 2 as {kind}, in which whole numbers above {last:,}"
        assert str(caught.value).startswith(wanted)
    fits = [0, 1, last]
    assert score(make(fits), fits).accuracy == score(fits, make(fits)).accuracy == 1.0
    assert list(score_by(make(fits), [0, 1, 1], [0, 1, 1])) == fits
    with pytest.raises(F1Error, match=f"ignore_index is -{beyond} as {kind}"):
        score(make([0, 1, 1]), [0, 1, 1], ignore_index=-beyond)
    assert score(make([0, 1, -last]), [0, 1, 1], ignore_index=-last).total == 2


@pytest.mark.parametrize(("make", "beyond"), [(bfloat16, 260), (np.float16, 2050)])
def test_floating_targets_of_many_score_columns_are_refused_too(make, beyond):
    scores = np.zeros((3, 3000), np.float32)
    with pytest.raises(F1Error, match=f"y_true is {beyond} at row 1 as .*pass integers"):
        score(make([0, beyond, 1]), scores)


# Missing and mixed


@pytest.mark.parametrize("missing", MISSING, ids=repr)
@pytest.mark.parametrize("kind", [list, tuple, lambda x: np.array(x, dtype=object)])
def test_what_is_missing_is_refused_with_its_row(missing, kind):
    labels = kind(["cat", "dog", missing])
    for call, name in (
        (lambda: score(labels, OK), "y_true"),
        (lambda: score(OK, labels), "y_pred"),
        (lambda: score(labels, OK, classes=["cat", "dog"]), "y_true"),
        (lambda: Accumulator("multiclass").update(OK, labels), "y_pred"),
        (lambda: score_by(labels, [0, 1, 1], [0, 1, 1]), "groups"),
    ):
        with pytest.raises(F1Error, match=f"{name} has a missing value .* at row 2"):
            call()


def test_a_missing_number_is_refused_with_its_row():
    for missing in (NAN, None):
        for call in (
            lambda m: score([0, m], [0, 1]), lambda m: score([0, 1], [0, m]),
            lambda m: score([0, m], [0, 1], classes=3), lambda m: score_by([1, m], [0, 1], [0, 1]),
        ):  # fmt: skip
            with pytest.raises(F1Error, match=r"(NaN|missing value \(None\)) at row 1"):
                call(missing)


def test_rows_of_nested_lists_are_counted_as_rows():
    with pytest.raises(F1Error, match=r"y_true has a missing value .* at row 1"):
        score([["cat"], [NAN]], ["cat", "dog"])
    with pytest.raises(F1Error, match=r"y_true has a missing value .* at row 1"):
        score([[0, 1], [None, 1]], [[0, 1], [0, 1]], task="multilabel")


def test_masked_entries_are_refused_with_their_row():
    masked = np.ma.masked_array([0, 1, 1], [False, True, False])
    for call in (lambda: score(masked, [0, 1, 1]), lambda: score([0, 1, 1], masked),
                 lambda: score_by(masked, [0, 1, 1], [0, 1, 1])):  # fmt: skip
        with pytest.raises(F1Error, match="masked at row 1"):
            call()


@pytest.mark.parametrize(
    ("mixed", "words"),
    [
        ([1, "1", "a"], r"number \(1\) at row 0, string \('1'\) at row 1"),
        (["a", 1, "1"], r"string \('a'\) at row 0, number \(1\) at row 1"),
        ([True, True, "a"], r"number \(True\) at row 0, string \('a'\) at row 2"),
        ([b"a", b"a", "a"], r"bytes \(b'a'\) at row 0, string \('a'\) at row 2"),
    ],
)
def test_mixed_labels_are_refused_with_both_rows(mixed, words):
    for call in (lambda: score(mixed, OK), lambda: score(OK, mixed),
                 lambda: score_by(mixed, [0, 1, 1], [0, 1, 1])):  # fmt: skip
        with pytest.raises(F1Error, match=words):
            call()


def test_the_empty_string_that_a_user_has_is_a_class():
    assert score(["", "a"], ["", ""]).classes == ["", "a"]


@pytest.mark.parametrize("dtype", ["U3", object, "S2", float, int, bool, "f2", "u1"])
@pytest.mark.parametrize(
    "options",
    [{}, {"task": "binary"}, {"task": "multiclass"}, {"classes": ["a", "b"]}, {"classes": 3},
     {"ignore_index": -1}, {"ignore_index": "a"}, {"sample_weight": []}],
)  # fmt: skip
def test_no_rows_are_one_error_whatever_the_dtype(dtype, options):
    none = np.array([], dtype=dtype)
    for pred in (none, np.zeros((0, 3)) if options.get("task") != "binary" else none):
        if options.get("classes") == ["a", "b"] and pred.ndim == 2:
            continue
        with pytest.raises(F1Error, match="no rows"):
            score(none, pred, **options)
    assert score_by(none, none, none) == {}
    made = Accumulator("multiclass")
    made.update(none, none)
    assert made.total == 0


# Arrays of other libraries


def held(kind):
    """Three labels in an array of another library, and with the second one missing."""
    if kind.startswith("numpy"):
        if not hasattr(np.dtypes, "StringDType"):
            pytest.skip("NumPy 2 and later")
        dtype = np.dtypes.StringDType(na_object=NAN)
        return np.array(OK, dtype=dtype), np.array(["cat", NAN, "dog"], dtype=dtype)
    if kind.startswith("pandas"):
        pd = pytest.importorskip("pandas")
        dtype = kind.partition(" ")[2]
        if "pyarrow" in dtype:
            pa = pytest.importorskip("pyarrow")
        if dtype == "arrow dictionary":
            pa = pytest.importorskip("pyarrow")
            dtype = pd.ArrowDtype(pa.dictionary(pa.int8(), pa.string()))
        return pd.Series(OK, dtype=dtype), pd.Series(["cat", None, "dog"], dtype=dtype)
    if kind.startswith("polars"):
        pl = pytest.importorskip("polars")
        dtype = {"polars String": pl.String, "polars Categorical": pl.Categorical,
                 "polars Enum": pl.Enum(["dog", "cat"])}[kind]  # fmt: skip
        return pl.Series(OK, dtype=dtype), pl.Series(["cat", None, "dog"], dtype=dtype)
    pa = pytest.importorskip("pyarrow")
    view = getattr(pa, "string_view", pa.large_string)()  # pyarrow 15 has none
    value = {"string": pa.string(), "large": pa.large_string(), "view": view}[kind.split()[-1]]
    if "dictionary" in kind:
        full = pa.DictionaryArray.from_arrays(pa.array([1, 0, 0]), pa.array(["dog", "cat"], value))
        index = pa.array([1, None, 0])
        return full, pa.DictionaryArray.from_arrays(index, pa.array(["dog", "cat"], value))
    if "runs" in kind:
        pytest.importorskip("pyarrow", minversion="16")  # before, ends are lists alone
        ends = pa.array([1, 3], pa.int32())
        full = pa.RunEndEncodedArray.from_arrays(ends, pa.array(["cat", "dog"], value))
        ends = pa.array([1, 2, 3], pa.int16())
        return full, pa.RunEndEncodedArray.from_arrays(ends, pa.array(["cat", None, "dog"], value))
    return pa.array(OK, value), pa.array(["cat", None, "dog"], value)


HELD = [
    "numpy StringDType", "pandas object", "pandas string", "pandas category",
    "pandas string[pyarrow]", "pandas arrow dictionary", "polars String", "polars Categorical",
    "polars Enum", "arrow string", "arrow large", "arrow view", "arrow dictionary string",
    "arrow dictionary large", "arrow dictionary view", "arrow runs string", "arrow runs view",
]  # fmt: skip


@pytest.mark.parametrize("kind", HELD)
def test_strings_of_any_library_are_labels_and_groups(kind):
    full, gap = held(kind)
    for scores in (score(full, OK), score(OK, full), score(full, full, classes=["dog", "cat"])):
        assert scores.accuracy == 1.0 and scores.total == 3
    assert {g: s.total for g, s in score_by(full, [0, 1, 1], [0, 1, 0]).items()} == {
        "cat": 1, "dog": 2,
    }  # fmt: skip
    for call in (lambda: score(gap, OK), lambda: score(OK, gap),
                 lambda: score_by(gap, [0, 1, 1], [0, 1, 1])):  # fmt: skip
        with pytest.raises(F1Error, match=r"(missing value|null).* at row 1"):
            call()


def test_chunks_and_slices_of_runs_and_dictionaries_are_read():
    pa = pytest.importorskip("pyarrow")
    runs = pa.RunEndEncodedArray.from_arrays([2, 3], ["a", "b"])
    assert score(runs.slice(1, 2), ["a", "b"]).accuracy == 1.0
    assert score(pa.chunked_array([runs, runs.slice(2)]), list("aabb")).accuracy == 1.0
    numbers = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0]), pa.array([7, 9]))
    assert score(pa.chunked_array([numbers, numbers]), [7, 9, 7] * 2).accuracy == 1.0
    hidden = pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array(["a", None]))
    with pytest.raises(F1Error, match=r"y_true .*null at row 1"):
        score(hidden, ["a", "a"])


@pytest.mark.parametrize("dtype", ["boolean", "Int8", "Float32", "bool[pyarrow]", "category"])
def test_nullable_numbers_are_labels_and_their_gaps_are_refused(dtype):
    pd = pytest.importorskip("pandas")
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    full = pd.Series([True, False, True], dtype=dtype) if "bool" in dtype else pd.Series(
        [1, 0, 1], dtype=dtype)  # fmt: skip
    gap = full.copy()
    gap[1] = None
    assert score(full, [1, 0, 1]).accuracy == score([1, 0, 1], full, task="binary").accuracy == 1.0
    for call in (lambda: score(gap, [1, 0, 1]), lambda: score([1, 0, 1], gap, task="multiclass")):
        with pytest.raises(F1Error, match=r"(NaN|missing value).* at row 1"):
            call()


def test_pandas_missing_values_in_lists_are_refused():
    pd = pytest.importorskip("pandas")
    for missing in (pd.NA, pd.NaT):
        with pytest.raises(F1Error, match=r"y_true has a missing value .* at row 1"):
            score(["cat", missing, "dog"], OK)


def test_numbers_that_no_array_holds_are_refused_by_row():
    with pytest.raises(F1Error, match="y_true is 1180591620717411303424 at row 1"):
        score([1, 2**70], [1, 1])


def test_files_frames_and_streams_of_coded_strings_are_read(tmp_path):
    """Of polars' Categorical and Enum, Arrow's dictionaries of views and run-end encoding."""
    pl, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    labels, guesses = ["cat", "dog", "dog", "cat"], ["cat", "dog", "cat", "cat"]
    wanted = score(labels, guesses).to_dict()
    columns = {"target": "y", "probabilities": "p"}
    for dtype in (pl.String, pl.Categorical, pl.Enum(["dog", "cat"])):
        frame = pl.DataFrame([pl.Series("y", labels, dtype), pl.Series("p", guesses, dtype)])
        frame.write_ipc(tmp_path / "a.arrow")
        frame.write_parquet(tmp_path / "a.parquet")
        sources = (tmp_path / "a.arrow", tmp_path / "a.parquet", frame, frame.lazy())
        for source in sources:
            assert files.score(source, **columns).to_dict() == wanted
        gap = frame.with_columns(pl.Series("y", ["cat", None, "dog", "cat"], dtype))
        gap.write_ipc(tmp_path / "a.arrow")
        for source in (tmp_path / "a.arrow", gap, gap.lazy()):
            with pytest.raises(F1Error, match="column y is null at row 1"):
                files.score(source, **columns)
    views = pa.array(["cat", "dog"], getattr(pa, "string_view", pa.large_string)())
    table = pa.table({
        "y": pa.RunEndEncodedArray.from_arrays([1, 3, 4], ["cat", "dog", "cat"]),
        "p": pa.DictionaryArray.from_arrays(pa.array([0, 1, 0, 0]), views),
    })  # fmt: skip
    with pa.ipc.new_file(str(tmp_path / "b.arrow"), table.schema) as writer:
        writer.write_table(table)
    for source in (table, tmp_path / "b.arrow"):
        assert files.score(source, **columns).to_dict() == wanted
    assert files.score(table.slice(1), **columns).accuracy == 2 / 3


def test_whole_numbers_beyond_int64_keep_their_value_or_are_refused():
    large = np.array([2**63, 2**63 + 2, 2**63 + 1, 2**63], np.uint64)
    with pytest.raises(F1Error, match="labels are less than 2"):
        score(large, large)
    values, codes = factorize(large, large[::-1].copy())
    assert values.tolist() == [2**63, 2**63 + 1, 2**63 + 2]
    assert [code.tolist() for code in codes] == [[0, 2, 1, 0], [0, 1, 2, 0]]


@pytest.mark.parametrize("row", [[1, 2, 0], [0, 2, 0], [1, 1, 0], [0, 0, 0], [1, -1, 0]])
def test_a_row_that_is_not_a_single_1_is_no_one_hot_row(row):
    with pytest.raises(F1Error, match="row 1"):
        score([[0, 0, 1], row], np.eye(3)[[2, 0]], task="multiclass")


@pytest.mark.parametrize("classes", [[5, 6, 7], [7, 5, 6], [5, 7, 10], [0, 5, 1 << 40]])
def test_a_number_beside_the_classes_is_none_of_them(classes):
    rows = np.array(classes)
    assert score(rows, rows, classes=classes).accuracy == 1.0
    for other in {at + step for at in classes for step in (-1, 1)} - set(classes):
        for true, pred in ((rows, [*classes[:2], other]), ([*classes[:2], other], rows)):
            with pytest.raises(F1Error, match=f"is {other} at row 2"):
                score(true, pred, classes=classes)
