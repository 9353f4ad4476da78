"""A column beside those of the classes, such as an id, becomes no class unless that is named."""

import numpy as np
import pytest

import f1core
from f1core import Accumulator, F1Error, files, score, score_by
from f1core.cli import main

pd = pytest.importorskip("pandas")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.parquet")
pytest.importorskip("pyarrow.csv")

FRAME = pd.DataFrame(
    {"id": [101, 102, 103, 104], "y": ["cat", "dog", "cat", "dog"], "cat": [0.9, 0.25, 0.5, 0.125],
     "dog": [0.125, 0.75, 0.25, 0.5], "w": [1.0, 2.0, 1.0, 3.0], "g": [7, 7, 8, 8]}
)  # fmt: skip
TRUE, SCORES = FRAME["y"], FRAME[["cat", "dog"]]
STRAY = {
    "id": ([101, 102, 103, 104], "whole numbers"), "small": ([0, 1, 2, 1], "whole numbers"),
    "below": ([0, -1, 0, 0], "whole numbers"), "train": ([True, False, True, True], "booleans"),
}  # fmt: skip


def as_frame(kind, frame):
    if kind == "pandas":
        return frame
    if kind == "nullable":
        return frame.convert_dtypes()
    if kind == "records":
        return frame.to_records(index=False)
    if kind == "polars":
        return pytest.importorskip("polars").DataFrame(dict(frame.items()))
    return pa.table({name: frame[name].to_numpy() for name in frame.columns})


@pytest.mark.parametrize("kind", ["pandas", "nullable", "records", "polars", "table"])
@pytest.mark.parametrize("name", STRAY)
@pytest.mark.parametrize("place", [0, 2])
def test_whole_numbers_and_booleans_beside_fractions_are_no_class(kind, name, place):
    values, held = STRAY[name]
    frame = SCORES.copy()
    frame.insert(place, name, values)
    words = f"y_pred has the column '{name}' of {held} beside columns of fractions"
    given = as_frame(kind, frame)
    for call in (
        lambda: score(TRUE, given),
        lambda: score(TRUE, given, classes=3),
        lambda: score_by(FRAME["g"], TRUE, given),
        lambda: Accumulator("multiclass").update(TRUE, given),
        lambda: Accumulator("multiclass").update(TRUE, given, sample_id=np.arange(4)),
    ):
        with pytest.raises(F1Error, match=words) as caught:
            call()
        assert "\n" not in str(caught.value)
    assert score(TRUE, as_frame(kind, SCORES)).classes == ["cat", "dog"]


def test_a_refused_frame_leaves_an_accumulator_as_it_was():
    a = Accumulator("multiclass")
    with pytest.raises(F1Error, match="'id'"):
        a.update(TRUE, FRAME[["id", "cat", "dog"]])
    a.update(TRUE, SCORES)
    assert a.compute().classes == ["cat", "dog"]


@pytest.mark.parametrize("values", [[0, 0, 0, 0], [0, 1, 0, 0]])
def test_a_rare_class_may_be_written_as_zeros_and_ones(values):
    found = score(TRUE, SCORES.assign(emu=values))
    assert found.classes == ["cat", "dog", "emu"]


def test_columns_that_are_named_alike_or_all_hold_whole_numbers_are_classes():
    votes = pd.DataFrame({"cat": [3, 0, 2, 1], "dog": [0, 3, 1, 2]})
    assert score(TRUE, votes).accuracy == 1.0
    logits = pd.DataFrame({"p_cat": [2, -1, 3, -2], "p_dog": [0.5, 0.25, -1.5, 0.75]})
    assert score(TRUE, logits).accuracy == 1.0
    assert score([10, 20, 10, 20], logits.set_axis(["10", "20"], axis=1)).accuracy == 1.0
    named = logits.set_axis(["cat", "dog"], axis=1)
    assert score(TRUE, named, classes=["cat", "dog"]).accuracy == 1.0
    with pytest.raises(F1Error, match="'cat' of whole numbers"):
        score(TRUE, named)
    assert score([0, 1, 0, 1], named.to_numpy()).accuracy == 1.0


def test_what_is_passed_as_another_argument_is_no_class():
    flags = FRAME.assign(y=(TRUE == "dog").astype(float))
    with pytest.raises(F1Error, match="y_pred has the column 'y', which is y_true: leave it out"):
        score(flags["y"], flags[["y", "cat", "dog"]])
    with pytest.raises(F1Error, match="'w', which is sample_weight"):
        score(TRUE, FRAME[["cat", "dog", "w"]], sample_weight=FRAME["w"])
    ids, groups = FRAME["id"].astype(float).rename("key"), FRAME["g"].astype(float)
    with pytest.raises(F1Error, match="'g', which is groups"):
        score_by(groups, TRUE, SCORES.assign(g=groups))
    with pytest.raises(F1Error, match="'key', which is sample_id"):
        Accumulator("multiclass").update(TRUE, SCORES.assign(key=ids), sample_id=ids)
    with pytest.raises(F1Error, match="'g', which is cluster"):
        score(TRUE, SCORES.assign(g=groups), cluster=groups, resamples=5, seed=0)
    made = Accumulator("multiclass", resamples=5)
    with pytest.raises(F1Error, match="'g', which is cluster"):
        made.update(TRUE, SCORES.assign(g=groups), cluster=groups)
    assert score(TRUE, SCORES.assign(w=0.0), sample_weight=FRAME["w"]).classes[-1] == "w"


@pytest.fixture(params=["table", "parquet", "csv", "jsonl", "npz", "arrow"])
def rows(request, tmp_path):
    """The frame as it is handed to files.score."""
    table, path = pa.Table.from_pandas(FRAME, preserve_index=False), tmp_path / f"a.{request.param}"
    if request.param == "table":
        return table
    if request.param == "parquet":
        pa.parquet.write_table(table, path)
    elif request.param == "csv":
        pa.csv.write_csv(table, path)
    elif request.param == "jsonl":
        path.write_text(FRAME.to_json(orient="records", lines=True))
    elif request.param == "npz":
        words = {"y": FRAME["y"].to_numpy().astype(str)}
        np.savez(path, **{name: FRAME[name].to_numpy() for name in FRAME} | words)
    else:
        with pa.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    return path


@pytest.mark.parametrize("probabilities", ["*", ["cat", "dog", "id"], ["?a*", "dog", "id"]])
def test_files_take_no_id_for_a_class(rows, probabilities):
    named = {"target": "y", "sample_weight": "w", "group": "g", "probabilities": probabilities}
    words = "probabilities has the column 'id' of whole numbers beside columns of fractions"
    with pytest.raises(F1Error, match=words) as caught:
        files.score(rows, **named)
    assert "\n" not in str(caught.value)
    found = files.score(rows, **named, sample_id="id")
    assert [list(one.classes) for one in found.values()] == [["cat", "dog"]] * 2
    found = files.score(rows, **{**named, "probabilities": "[cd]*"}, classes=["cat", "dog"])
    assert found[7].accuracy == found[8].accuracy == 1.0


def test_a_pattern_of_the_target_takes_in_no_column_with_a_name_of_its_own():
    columns = {"y_a": [0, 1], "y_b": [1, 0], "p_a": [0.25, 0.75], "p_b": [0.75, 0.25]}
    table = pa.table({**columns, "y_w": [1, 2], "y_g": ["x", "y"], "y_id": [1, 2]})
    found = files.score(
        table, target="y_*", probabilities="p_*", task="multilabel", sample_weight="y_w",
        group="y_g", sample_id="y_id",
    )  # fmt: skip
    assert {name: one.exact_match for name, one in found.items()} == {"x": 1.0, "y": 1.0}
    with pytest.raises(
        F1Error, match=r"target is \['y_w\*'\], which leaves no column beside weight, group"
    ):
        files.score(table, target="y_w*", probabilities="p_*", sample_weight="y_w")
    by_class = files.score(pa.table(dict(FRAME)), target="y", probabilities="[cd]*", group="y")
    assert by_class["dog"].accuracy == 1.0


def test_an_index_that_was_saved_with_the_rows_is_no_class(tmp_path):
    SCORES.assign(y=TRUE).to_csv(tmp_path / "a.csv")
    frame = pd.read_csv(tmp_path / "a.csv")
    with pytest.raises(F1Error, match="'Unnamed: 0' of whole numbers"):
        f1core.score(frame.pop("y"), frame)


def test_the_command_line_names_its_own_options(rows, capsys):
    if isinstance(rows, pa.Table):
        pytest.skip("a table is no file")
    columns = ["--target", "y", "--sample-weight", "w", "--group", "g", "--probabilities", "*"]
    assert main(["score", str(rows), *columns]) == 2
    said = capsys.readouterr().err
    assert "--probabilities has the column 'id' of whole numbers" in said
    assert said.endswith("leave it out, or name the classes, --classes A,B,…, if it is one\n")
    assert main(["score", str(rows), *columns, "--id", "id", "--format", "json"]) == 0


def test_the_truth_among_two_columns_of_scores_is_refused_and_alone_it_is_a_prediction():
    frame = pd.DataFrame({"y": [0.0, 1.0, 1.0], "p": [0.1, 0.8, 0.4]})
    with pytest.raises(F1Error, match="y_pred has the column 'y', which is y_true"):
        score(frame["y"], frame)
    assert score(frame["y"].astype(int), frame[["y"]].astype(int)).accuracy == 1.0
