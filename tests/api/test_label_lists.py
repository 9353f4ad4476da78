"""Lists of names, one a row, are the labels of a multilabel task, wherever they come from."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from same import same_bits

import f1core
from f1core import Accumulator, F1Error, files, score

NAMES = ["ant", "bee", "cat", "dog"]
ROWS = st.lists(st.lists(st.sampled_from(NAMES), max_size=5), min_size=1, max_size=20)


def flags(rows, names=NAMES):
    return np.array([[name in row for name in names] for row in rows], np.uint8)


def both(draw):
    """Two lists of as many rows, of which one names a label."""
    true = draw(ROWS)
    pred = draw(st.lists(st.lists(st.sampled_from(NAMES), max_size=5), min_size=len(true),
                         max_size=len(true)))  # fmt: skip
    true[0] = true[0] or ["cat"]
    return true, pred


pairs = st.composite(both)()


@given(pairs)
def test_lists_are_the_flags_of_their_names(drawn):
    true, pred = drawn
    expected = score(flags(true), flags(pred), task="multilabel", classes=NAMES)
    same_bits(score(true, pred, task="multilabel", classes=NAMES), expected)
    same_bits(score(true, flags(pred), task="multilabel", classes=NAMES), expected)
    if any(pred):
        same_bits(score(flags(true), pred, task="multilabel", classes=NAMES), expected)
    occur = sorted({name for row in true + pred for name in row})
    found = score(true, pred, task="multilabel")
    assert found.classes == occur
    same_bits(found, score(flags(true, occur), flags(pred, occur), task="multilabel",
                           classes=occur))  # fmt: skip


@given(pairs, st.data())
def test_batches_of_lists_add_up_and_count_once(drawn, data):
    true, pred = drawn
    cut = data.draw(st.integers(0, len(true)))
    expected = score(flags(true), flags(pred), task="multilabel", classes=NAMES)
    whole = Accumulator("multilabel", classes=NAMES)
    parts = [Accumulator("multilabel", classes=NAMES) for _ in range(2)]
    for part, rows in zip(parts, (slice(cut), slice(cut, None)), strict=True):
        if true[rows]:
            part.update(true[rows], pred[rows])
            for _ in range(2):
                whole.update(true[rows], pred[rows], sample_id=np.arange(len(true))[rows])
    same_bits((parts[0] + parts[1]).compute(), expected)
    same_bits(whole.compute(), expected)


TRUE = [["cat", "ant"], [], ["dog"], ["bee", "bee", "ant"]]
PRED = [["cat"], ["dog"], ["dog", "ant"], []]
EXPECTED = score(flags(TRUE), flags(PRED), task="multilabel", classes=NAMES)


@pytest.mark.parametrize(
    "kind",
    ["tuples", "sets", "arrays", "objects", "pandas", "pandas arrow", "polars", "categories",
     "arrow", "large", "chunks", "dictionary", "fixed"],
)  # fmt: skip
def test_lists_of_every_library(kind):
    def made(rows):
        if kind in ("tuples", "sets"):
            return [{"tuples": tuple, "sets": set}[kind](row) for row in rows]
        if kind == "arrays":
            return [np.array(row, dtype=str) for row in rows]
        if kind == "objects":
            return np.array(rows, dtype=object)
        if kind.startswith("pandas"):
            pd = pytest.importorskip("pandas")
            if kind == "pandas":
                return pd.Series(rows)
            pa = pytest.importorskip("pyarrow")
            return pd.Series(rows, dtype=pd.ArrowDtype(pa.list_(pa.string())))
        if kind in ("polars", "categories"):
            pl = pytest.importorskip("polars")
            return pl.Series(rows, dtype=pl.List(pl.String if kind == "polars" else pl.Categorical))
        pa = pytest.importorskip("pyarrow")
        if kind == "chunks":
            return pa.chunked_array([pa.array(rows[:1]), pa.array(rows[1:])])
        if kind == "fixed":
            filled = [(row + row + row)[:2] if row else ["ant", "ant"] for row in rows]
            return pa.array(filled, pa.list_(pa.string(), 2))
        inner = pa.dictionary(pa.int32(), pa.string()) if kind == "dictionary" else pa.string()
        if kind == "large":
            return pa.array(rows, pa.large_list(pa.large_string()))
        return pa.array(rows, pa.list_(inner))

    expected = EXPECTED
    if kind == "fixed":
        expected = score(flags([r[:2] or ["ant"] for r in TRUE]),
                         flags([r[:2] or ["ant"] for r in PRED]), task="multilabel",
                         classes=NAMES)  # fmt: skip
    same_bits(score(made(TRUE), made(PRED), task="multilabel", classes=NAMES), expected)


def test_scores_beside_lists_are_matched_by_name():
    pd = pytest.importorskip("pandas")
    scores = np.random.default_rng(0).random((4, 4))
    expected = score(flags(TRUE), scores, task="multilabel", classes=NAMES, threshold=0.3)
    same_bits(score(TRUE, scores, task="multilabel", classes=NAMES, threshold=0.3), expected)
    frame = pd.DataFrame(scores, columns=NAMES)[["dog", "ant", "cat", "bee"]]
    same_bits(score(TRUE, frame, task="multilabel", classes=NAMES, threshold=0.3), expected)
    own = score(TRUE, frame, task="multilabel", threshold=0.3)
    assert own.classes == ["dog", "ant", "cat", "bee"]
    assert own.per_class.f1.tolist() == expected.per_class.f1[[3, 0, 2, 1]].tolist()
    best = f1core.best_threshold(TRUE, scores, task="multilabel", classes=NAMES)
    same = f1core.best_threshold(flags(TRUE), scores, task="multilabel", classes=NAMES)
    assert (best.threshold == same.threshold).all()


def test_groups_rows_and_comparisons_take_lists():
    by = f1core.score_by(list("abab"), TRUE, PRED, task="multilabel", classes=NAMES)
    for group, rows in (("a", [0, 2]), ("b", [1, 3])):
        alone = score(flags(TRUE)[rows], flags(PRED)[rows], task="multilabel", classes=NAMES)
        same_bits(by[group], alone)
    asked = {"task": "multilabel", "classes": NAMES}
    assert f1core.rows(TRUE, PRED, **asked, label="dog", outcome="fp").tolist() == [1]
    assert f1core.rows(TRUE, PRED, **asked, label="ant", outcome="fn").tolist() == [0, 3]
    ours = f1core.compare(TRUE, PRED, TRUE, metric="f1_macro", seed=0, **asked)
    theirs = f1core.compare(
        flags(TRUE), flags(PRED), flags(TRUE), metric="f1_macro", seed=0, **asked
    )
    assert ours == theirs


@pytest.mark.parametrize(
    ("true", "pred", "options", "sentence"),
    [
        (TRUE, PRED, {"task": None}, "y_true holds lists of names: say task='multilabel'"),
        (TRUE, np.zeros((4, 4)), {}, r"y_true holds lists of names: name all labels, classes=\["),
        (TRUE, PRED, {"classes": [1, 2, 3, 4]}, "lists of names, classes are numbers"),
        (TRUE, PRED, {"classes": 4}, "name all labels, classes="),
        (TRUE, PRED, {"classes": NAMES[:3]}, "y_true holds 'dog' at row 2, which is none of"),
        (TRUE, [*PRED[:3], ["eel"]], {"classes": NAMES}, "y_pred holds 'eel' at row 3, which is"),
        ([*TRUE[:3], None], PRED, {"classes": NAMES}, "y_true is None at row 3, other rows are"),
        ([*TRUE[:3], "cat"], PRED, {"classes": NAMES}, "y_true is 'cat' at row 3, other rows are"),
        ([*TRUE[:3], ["cat", 1]], PRED, {"classes": NAMES}, "y_true holds 1 at row 3; names are"),
        ([*TRUE[:3], ["cat", None]], PRED, {"classes": NAMES}, "y_true holds None at row 3"),
        (TRUE, PRED[:3], {"classes": NAMES}, "y_true has 4 rows, y_pred has 3"),
        (TRUE, PRED, {"classes": NAMES, "threshold": 0.3}, "threshold=0.3 is for scores"),
        (TRUE, PRED, {"classes": NAMES, "top_k": 2}, "top_k=2 is for scores"),
    ],
)
def test_what_is_no_list_of_labels_is_refused(true, pred, options, sentence):
    with pytest.raises(F1Error, match=sentence):
        score(true, pred, **{"task": "multilabel", **options})


def test_rows_without_a_name_count():
    rows = [[], []]
    expected = score(flags(rows), flags(rows), task="multilabel", classes=NAMES)
    assert expected.exact_match == 1.0
    same_bits(score(rows, rows, task="multilabel", classes=NAMES), expected)
    scores = np.full((2, 4), 0.9)
    same_bits(score(rows, scores, task="multilabel", classes=NAMES),
              score(flags(rows), scores, task="multilabel", classes=NAMES))  # fmt: skip
    with pytest.raises(F1Error):
        score(rows, rows, task="multilabel")


def test_letters_are_no_list():
    with pytest.raises(F1Error, match="y_true is 'ab' at row 1"):
        score([["a"], "ab"], [["a"], ["b"]], task="multilabel", classes=["a", "b"])


def test_an_accumulator_must_know_the_names():
    with pytest.raises(F1Error, match="name all labels, classes="):
        Accumulator("multilabel").update(TRUE, PRED)


def test_single_names_in_lists_stay_a_column_of_classes():
    same_bits(score([["cat"], ["dog"]], [["cat"], ["cat"]]), score(["cat", "dog"], ["cat", "cat"]))


# ---- files -------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".parquet", ".arrow", ".arrows", ".jsonl"])
def test_files_hold_lists(tmp_path, ending, run):
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet")
    scores = np.random.default_rng(0).integers(0, 100, (4, 4)) / 100
    table = pa.table({"y": TRUE, "p": PRED, "v": [[""], [""], [""], [""]],
                      **{f"p_{n}": scores[:, i] for i, n in enumerate(NAMES)}})  # fmt: skip
    path = tmp_path / f"a{ending}"
    if ending == ".parquet":
        pa.parquet.write_table(table, path, row_group_size=2)
    elif ending == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))
    else:
        with (pa.ipc.new_file if ending == ".arrow" else pa.ipc.new_stream)(
            path, table.schema
        ) as f:
            f.write_table(table, max_chunksize=3)
    asked = {"target": "y", "task": "multilabel"}
    same_bits(files.score(path, **asked, probabilities="p", classes=NAMES), EXPECTED)
    expected = score(flags(TRUE), scores, task="multilabel", classes=NAMES, threshold=0.4)
    same_bits(files.score(path, **asked, probabilities="p_*", threshold=0.4), expected)
    turned = files.score(path, **asked, probabilities="p_*", classes=NAMES[::-1], threshold=0.4)
    assert turned.classes == NAMES[::-1]
    assert (turned.confusion[::-1] == expected.confusion).all()
    found = files.rows(path, **asked, probabilities="p", classes=NAMES, label="dog", outcome="fp")
    assert [(row.row, row.columns) for row in found] == [(1, {"y": [], "p": ["dog"]})]
    with pytest.raises(F1Error, match="target holds lists of names: say task='multilabel'"):
        files.score(path, target="y", probabilities="p", classes=NAMES)
    with pytest.raises(F1Error, match="probabilities holds '' at row 0, which is none of"):
        files.score(path, **asked, probabilities="v", classes=NAMES)
    pytest.importorskip("rich")
    command = "score", path, "--target", "y", "--probabilities", "p", "--task", "multilabel"
    status, out, err = run(*command, "--classes", ",".join(NAMES), "--format", "json")
    assert (status, err) == (0, "") and json.loads(out) == EXPECTED.to_dict()
