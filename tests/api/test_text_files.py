"""Text files: labels keep their value, missing is missing, and usual forms are read."""

import bz2
import gzip
import io
import lzma
import os
import sys
import threading

import pytest

from f1core import F1Error, files

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.csv")

NAMED = {"target": "y", "probabilities": "p"}
MANY = 300_000  # rows that reach past the first megabyte


def table(true, pred):
    return "y,p\n" + "".join(f"{y},{p}\n" for y, p in zip(true, pred, strict=True))


@pytest.fixture
def score(tmp_path):
    """Score a file with these contents."""

    def call(contents, name="a.csv", **options):
        data = contents if isinstance(contents, bytes) else contents.encode()
        (tmp_path / name).write_bytes(data)
        return files.score(tmp_path / name, **{**NAMED, **options})

    return call


@pytest.mark.parametrize(
    ("true", "pred", "classes", "accuracy"),
    [
        (["007", "8"], ["7", "8"], ["007", "7", "8"], 0.5),
        (["1", "2", "x"], ["1", "2", "2"], ["1", "2", "x"], 2 / 3),
        (["1", "2", "2"], ["1", "2", "x"], ["1", "2", "x"], 2 / 3),
        ([1, 2, 3], [1, 2, 2], [1, 2, 3], 2 / 3),
        ([-1, 0, 10], [-1, 0, 0], [-1, 0, 10], 2 / 3),
        (["1.0", "2.0"], ["1.0", "1.0"], [1, 2], 0.5),
        (["1.0", "2.0", "3.0"], [1, 2, 2], [1, 2, 3], 2 / 3),
        (["1", "1.0"], ["1", "1"], ["1", "1.0"], 0.5),
        (["1000", "1e3"], ["1000", "1000"], ["1000", "1e3"], 0.5),
        (["+1", "1"], ["1", "1"], ["+1", "1"], 0.5),
        (["1_0", "10"], ["10", "10"], ["10", "1_0"], 0.5),
        (["9" * 20, "9" * 19 + "8"], ["9" * 20] * 2, ["9" * 19 + "8", "9" * 20], 0.5),
        (["²", "٣"], ["²", "3"], ["3", "²", "٣"], 0.5),
        (["2024-01-01", "2024-01-02"], ["2024-01-01"] * 2, ["2024-01-01", "2024-01-02"], 0.5),
        (["NA", "ZA", "b"], ["NA", "b", "b"], ["NA", "ZA", "b"], 2 / 3),
        (["null", "None", "b"], ["null", "b", "b"], ["None", "b", "null"], 2 / 3),
        (["True", "False"], ["True", "True"], [0, 1], 0.5),
        (["true", "True"], ["True", "True"], ["True", "true"], 0.5),
        (["true", "maybe"], ["true", "true"], ["maybe", "true"], 0.5),
        ([" 1", "2"], ["1", " 2"], [1, 2], 1.0),
        (["1"] * MANY + ["x"], ["1"] * MANY + ["2"], ["1", "2", "x"], MANY / (MANY + 1)),
        (["1"] * MANY + ["01"], ["1"] * (MANY + 1), ["01", "1"], MANY / (MANY + 1)),
        (["1"] * MANY + ["0"], ["1"] * MANY + ["0.25"], [0, 1], 1.0),
    ],
)
def test_labels_keep_their_value(score, true, pred, classes, accuracy):
    found = score(table(true, pred))
    assert list(found.classes) == classes
    assert found.accuracy == accuracy


def test_one_rule_holds_for_all_files(tmp_path):
    (tmp_path / "1.csv").write_text(table([1, 2], [1, 2]))
    (tmp_path / "2.csv").write_text(table(["2", "x"], ["2", "x"]))
    found = files.score(tmp_path, **NAMED)
    assert (list(found.classes), found.accuracy, found.total) == (["1", "2", "x"], 1.0, 4)


def test_quoted_codes_are_two_classes(score):
    assert list(score('y,p\n"007","7"\n"7","7"\n').classes) == ["007", "7"]


def test_labels_are_text_where_the_caller_says_so(score):
    rows = table([1, 2], [1, 2])
    assert list(score(rows, text_labels=True).classes) == ["1", "2"]
    assert list(score(rows, classes=["1", "2"]).classes) == ["1", "2"]
    assert score(rows, classes=[1, 2]).accuracy == 1.0
    with pytest.raises(F1Error, match="text_labels is 'yes'; use True or False"):
        score(rows, text_labels="yes")


@pytest.mark.parametrize("column", ["y", "p", "g"])
def test_an_empty_cell_is_missing(score, column):
    rows = [["a", "a", "x"], ["b", "b", "x"], ["b", "b", "y"]]
    rows[1]["ypg".index(column)] = ""
    text = "y,p,g\n" + "".join(",".join(row) + "\n" for row in rows)
    with pytest.raises(F1Error, match=f"column {column} is empty at row 1; .*empty_labels=True"):
        score(text, group="g")
    found = score(text, group="g", empty_labels=True)
    assert sum(one.total for one in found.values()) == 3
    with pytest.raises(F1Error, match="column p is empty at row 1"):
        score('y,p\na,a\nb,""\n')


def test_an_empty_cell_may_be_a_class_or_left_out(score):
    rows = table(["a", "", "b"], ["a", "b", "b"])
    assert list(score(rows, empty_labels=True).classes) == ["", "a", "b"]
    assert score(rows, ignore_index="").total == 2


@pytest.mark.parametrize("word", ["NA", "NaN", "nan", "null", "None"])
@pytest.mark.parametrize("pred", [["1", "1", "0"], ["0.1", "0.7", "0.2"]])
def test_na_among_numbers_is_missing(score, word, pred):
    with pytest.raises(F1Error, match=f"a.csv: column y is {word} at row 1, among numbers"):
        score(table(["1", word, "0"], pred))


def test_na_among_numbers_is_a_class_where_that_is_said(score):
    rows = table(["1", "NA", "0"], ["1", "1", "0"])
    assert list(score(rows, text_labels=True).classes) == ["0", "1", "NA"]
    assert score(rows, ignore_index="NA").total == 2


def test_fractions_are_no_labels(score):
    with pytest.raises(F1Error, match=r"column y is 0\.5 at row 1, among numbers"):
        score(table(["1.0", "0.5"], ["1", "0"]))


def test_words_and_numbers_have_no_label_in_common(score):
    with pytest.raises(F1Error, match="target holds words and probabilities holds numbers"):
        score(table(["yes", "no"], ["1", "0"]))


def test_labels_that_differ_by_spaces_are_refused(score):
    with pytest.raises(F1Error, match="' cat' and 'cat' differ by spaces alone"):
        score(table(["cat", "dog"], [" cat", "dog"]))
    assert score(table(["cat", "dog"], [" cat", "dog"]), text_labels=True).accuracy == 0.5


def test_groups_keep_their_value(score):
    rows = "y,p,g\n1,0.2,{}\n0,0.1,7\n1,0.8,7\n"
    assert list(score(rows.format("007"), group="g")) == ["007", "7"]
    assert list(score(rows.format("6"), group="g")) == [6, 7]
    assert list(score(rows.format("x"), group="g")) == ["7", "x"]


def test_a_cell_that_is_no_number_is_named_by_its_row(score):
    with pytest.raises(F1Error, match=rf"a.csv: column p is 'often' at row {MANY}, no number"):
        score(table([0, 1] * (MANY // 2) + [1], ["0.5"] * MANY + ["often"]))


@pytest.mark.parametrize(
    "text",
    ["y;p\n1;0,7\n0;0,2\n", "y;p\n1;0.7\n0;0.2\n", "y\tp\n1\t0.7\n0\t0.2\n", "y|p\n1|0.7\n0|0.2\n",
     'y,text,p\n1,"a\nb",0.7\n0,"c;d\n\n""x""",0.2\n', "\ufeffy,p\r\n1,0.7\r\n0,0.2\r\n",
     "y,p\n" "1.000000000000000000e+00,7.0e-01\n0.000000000000000000e+00,2.0e-01\n"],
)  # fmt: skip
def test_usual_forms_of_text_are_read(score, text):
    found = score(text)
    assert (found.task, found.accuracy, found.total) == ("binary", 1.0, 2)
    assert score(text.replace("\n", "\r\n").encode("utf-16")).accuracy == 1.0


def test_a_delimiter_that_is_not_known_is_named(score):
    with pytest.raises(F1Error, match="the header is one column, 'y:p': separate columns by"):
        score("y:p\n1:0.7\n")


PACKERS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("ending", [*PACKERS, ".zst"])
@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "ndjson", "CSV"])
def test_packed_text_is_read(score, ending, kind):
    pack = PACKERS.get(ending)
    if pack is None:
        pack = pytest.importorskip("zstandard").compress
    rows = 3 * '{"y": "a", "p": "a"}\n{"y": "b", "p": "a"}\n'
    if "json" not in kind:
        rows = table(["a", "b"] * 3, ["a"] * 6).replace(",", "\t" if kind == "tsv" else ",")
    packed = pack(rows.encode())
    found = score(packed, f"a.{kind}{ending}")
    assert (found.accuracy, found.total) == (0.5, 6)
    with pytest.raises(F1Error, match=f"b.{kind}{ending}"):
        score(packed[: len(packed) // 2], f"b.{kind}{ending}")
    with pytest.raises(F1Error, match=r"a packed \.parquet is not read"):
        score(packed, "a.parquet.gz")


def test_parts_that_are_packed_and_not_are_one_folder(tmp_path):
    (tmp_path / "part-1.csv").write_text(table([1, 0], [1, 0]))
    (tmp_path / "part-2.csv.gz").write_bytes(gzip.compress(table([1, 0], [1, 1]).encode()))
    found = files.score(tmp_path, **NAMED)
    assert (found.total, found.accuracy) == (4, 0.75)


def test_json_lines(score):
    found = score('{"y": 1, "p": [0.1, 0.9]}\n\n{"p": [0.2, 0.8], "y": 0}\n', "a.jsonl")
    assert (found.accuracy, found.total) == (0.5, 2)
    late = '{"y": 1, "p": 1}\n' * MANY + '{"y": 0, "p": 0.25}\n'
    assert score(late, "a.jsonl").accuracy == 1.0
    for text, words in {
        '{"y": 1, "p": 1}\n{"y": "1", "p": 1}\n': "changed from number to string at row 1",
        '{"y": 1, "p": 1}\n{"y": 1}\n': "column p is null at row 1",
        '{"y": 1, "p": 1}\n{"y": 1,\n': "at row 1",
        "": "it is empty",
    }.items():
        with pytest.raises(F1Error, match=f"a.jsonl: .*{words}"):
            score(text, "a.jsonl")
    dates = '{"y": "2024-01-01", "p": "2024-01-01"}\n{"y": "2024-01-02", "p": "2024-01-01"}\n'
    assert list(score(dates, "a.jsonl").classes) == ["2024-01-01", "2024-01-02"]


def as_stdin(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("kind", ["csv", "gz", "jsonl", "parquet", "file", "stream"])
def test_standard_input_is_read(monkeypatch, kind):
    rows = pa.table({"y": [1, 0] * 3, "p": [0.7, 0.6] * 3})
    data = table(rows["y"].to_pylist(), rows["p"].to_pylist()).encode()
    sink = io.BytesIO()
    if kind == "gz":
        data = gzip.compress(data)
    elif kind == "jsonl":
        data = b'{"y": 1, "p": 0.7}\n{"y": 0, "p": 0.6}\n' * 3
    elif kind == "parquet":
        pytest.importorskip("pyarrow.parquet").write_table(rows, sink)
    elif kind in ("file", "stream"):
        with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(sink, rows.schema) as file:
            file.write_table(rows)
    as_stdin(monkeypatch, sink.getvalue() or data)
    found = files.score("-", **NAMED)
    assert (found.accuracy, found.total) == (0.5, 6)


def test_what_only_a_second_reading_could_tell_is_refused(monkeypatch):
    as_stdin(monkeypatch, table(["1"] * MANY + ["x"], ["1"] * (MANY + 1)).encode())
    with pytest.raises(F1Error, match=rf"'x' at row {MANY}, .*text_labels=True; a stream"):
        files.score("-", **NAMED)
    as_stdin(monkeypatch, b"")
    with pytest.raises(F1Error, match="it is empty"):
        files.score("-", **NAMED)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    rows = table([1, 0], [0.7, 0.6])
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(rows,))
    writer.start()
    assert files.score(tmp_path / "pipe", **NAMED).total == 2
    writer.join()


def test_folders_may_name_columns(tmp_path):
    for split, day, true in (("train", "007", 1), ("test", "8", 0), ("test", "8", 1)):
        folder = tmp_path / f"split={split}" / f"day={day}" / f"p_9={true}"
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(table([true], [0.7]))
    found = files.score(tmp_path, **NAMED, group="split")
    assert {name: one.total for name, one in found.items()} == {"test": 2, "train": 1}
    assert list(files.score(tmp_path, **NAMED, group="day")) == ["007", "8"]
    one = files.score(tmp_path, target="y", probabilities="p*")
    assert one.accuracy == 2 / 3
    none = tmp_path / "split=__HIVE_DEFAULT_PARTITION__"
    none.mkdir()
    (none / "a.csv").write_text(table([1], [0.7]))
    assert files.score(tmp_path, **NAMED).total == 4
    with pytest.raises(F1Error, match="its folder leaves split empty"):
        files.score(tmp_path, **NAMED, group="split")


def test_a_header_may_be_of_any_length(score):
    width, long = 2_000, "x" * 600  # a header of more than a megabyte
    head = ",".join(["y", *(f"p_{long}{i}" for i in range(width))])
    rows = [[str(i), *["0.25"] * i, "0.5", *["0.25"] * (width - i - 1)] for i in (1, 3)]
    assert score("\n".join([head, *map(",".join, rows)]), probabilities="p_*").accuracy == 1.0


@pytest.mark.parametrize(("plus", "minus"), [("+1", "-1"), ("1.0", "-1.0")])
def test_predictions_below_zero_without_fractions_are_labels(score, plus, minus):
    true, pred = [plus, minus, plus], [plus, minus, minus]
    assert round(score(table(true, pred)).accuracy, 3) == 0.667


def test_the_first_rows_are_read_without_threads(tmp_path, monkeypatch):
    """A process that ended while Arrow started its threads was aborted: 4 of 60 on one core."""
    from pyarrow import csv

    read, threads = csv.read_csv, []

    def watched(source, *, read_options, **options):
        threads.append(read_options.use_threads)
        return read(source, read_options=read_options, **options)

    monkeypatch.setattr(csv, "read_csv", watched)
    (tmp_path / "a.csv").write_text("y,q\n1,1\n0,0\n")
    with pytest.raises(F1Error, match="no column 'yy'"):
        files.score(tmp_path / "a.csv", target="yy", probabilities="q")
    assert threads == [False]


def test_labels_out_of_a_generator_mean_what_they_mean_in_a_list(score):
    cells = table(["1", "2", "2"], ["1", "2", "1"])
    listed = score(cells, classes=["1", "2"], task="multiclass")
    drawn = score(cells, classes=(name for name in ["1", "2"]), task="multiclass")
    assert listed.classes == drawn.classes == ["1", "2"]
    one = score("y,p\na,a\nb,a\nc,b\n", average_over=["a", "b"], task="multiclass")
    other = score("y,p\na,a\nb,a\nc,b\n", average_over=iter(["a", "b"]), task="multiclass")
    assert one.macro == other.macro


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("1,0.83\n0,0.2\n1,err\n", "column p is 'err' at row 2, and fractions elsewhere"),
        ("1,err\n" + "1,0.83\n0,0.2\n" * 3, "column p is 'err' at row 0, and fractions elsewhere"),
        ("1.5,1.5\nx,1.5\n", "column y is 'x' at row 1, and fractions elsewhere"),
        ("1,0.9\n0,0.2\ny,p\n1,0.8\n", "row 2 repeats the names of the columns"),
        ("1,1\n0,0\ny,p\n1,1\n", "row 2 repeats the names of the columns"),
        ("a,a\nb,b\ny,p\na,b\n", "row 2 repeats the names of the columns"),
    ],
)
def test_a_word_among_fractions_and_a_second_header_are_no_classes(tmp_path, rows, words):
    path = tmp_path / "a.csv"
    path.write_text("y,p\n" + rows)
    with pytest.raises(F1Error, match=words):
        files.score(path, target="y", probabilities="p")


def test_a_word_among_fractions_is_a_class_where_it_is_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("y,p\n1.5,1.5\n2.0,x\nx,x\n")
    found = files.score(path, target="y", probabilities="p", text_labels=True, task="multiclass")
    assert (found.classes, found.accuracy) == (["1.5", "2.0", "x"], 2 / 3)


SEVERAL = "y,p_a,p_b\na,0.7,0.3\nb,{},{}\na,0.6,0.4\n"
ODD = "column p_b is 'often' at row 1, no number; drop or mend such rows, or leave the column out"


@pytest.mark.parametrize(
    ("contents", "name"),
    [
        (SEVERAL.format("0.2", "often"), "a.csv"),
        (SEVERAL.replace(",", ";").replace(".", ",").format("0,2", "often"), "a.csv"),
        ('{"y": "a", "p_a": 1, "p_b": "0.5"}\n{"y": "b", "p_a": 1, "p_b": "often"}\n', "a.jsonl"),
    ],
)  # fmt: skip
def test_text_among_several_columns_of_scores_is_named_by_column_row_and_value(
    score, contents, name
):
    with pytest.raises(F1Error, match=f"{name}: {ODD}"):
        score(contents, name, probabilities="p_*")


def test_an_empty_cell_before_it_is_not_taken_for_the_text(score):
    with pytest.raises(F1Error, match=ODD):
        score("y,p_a,p_b\na,0.7,\nb,0.2,often\n", probabilities="p_*")


def test_a_row_that_repeats_the_header_is_named_among_scores(score):
    with pytest.raises(F1Error, match=r"a.csv: column p_a is 'p_a' at row 1, no number"):
        score(SEVERAL.format("p_a", "p_b"), probabilities="p_*")


def test_text_among_weights_is_named_by_column_row_and_value(score):
    with pytest.raises(F1Error, match=r"a.csv: column w is 'heavy' at row 1, no number"):
        score("y,p,w\n1,0.7,1\n0,0.2,heavy\n", sample_weight="w")


WHOLE = {
    "points": ["3.0", "-2.0"],
    "none": ["3", "-2"],
    "powers": ["1e1", "-2"],
    "late": ["3", "-2"],
}


@pytest.mark.parametrize("cells", WHOLE)
@pytest.mark.parametrize("task", [None, "binary"])
def test_whole_numbers_are_scores_where_an_option_is_for_scores(score, tmp_path, cells, task):
    how = {"classes": ["a", "b"], "task": task, "from_logits": True}
    pred = WHOLE[cells] * (MANY if cells == "late" else 1)
    text = table("ba" * (len(pred) // 2), pred) + ("b,-0.5\n" if cells == "late" else "")
    found = score(text, **how)
    assert found.task == "binary" and found.total == text.count("\n") - 1
    missed = int(cells == "late")
    assert found.binary.fn == missed and found.binary.fp == 0
    path = tmp_path / "a.csv"
    assert len(files.rows(path, **NAMED, **how, outcome="fn")) == missed
    assert files.compare(path, path, **NAMED, **how, resamples=20).metrics["f1"].difference == 0


def test_whole_numbers_of_every_kind_of_text_are_scores_where_that_is_said(score):
    two = {"classes": ["a", "b"]}
    assert score(table("ba", [1, 0]), **two, threshold=0.3).binary.f1 == 1.0
    assert score(table([1, 0], [1, 0]), threshold=0.3).binary.f1 == 1.0
    assert score(table("ba", [3, -2]), from_logits=True, pos_label="b").binary.f1 == 1.0
    lines = '{"y": "b", "p": 3, "q": 0.5}\n{"y": "a", "p": -2, "q": 1}\n'
    assert score(lines, "a.jsonl", **two, from_logits=True).binary.f1 == 1.0
    both = "t_a,t_b,s_a,s_b\n0,1,-3,4\n1,0,5,-6\n"
    for options in ({"from_logits": True}, {"top_k": 1}):
        asked = {"target": "t_*", "probabilities": "s_*", "task": "multilabel"}
        assert score(both, **asked, **options).macro.f1 == 1.0


@pytest.mark.parametrize(
    ("pred", "sentence"),
    [
        (["a", "b"], r"from_logits=True is for scores, and probabilities is \(2,\) object"),
        (["3", "x"], r"from_logits=True is for scores, and probabilities is \(2,\) object"),
        (["3"] * MANY + ["x"], "column p is 'x' at row 300000, no number"),
        (["3", "NA"], "column p is null at row 1"),
    ],
)
def test_words_are_no_scores_where_an_option_is_for_scores(score, pred, sentence):
    true = ["b", "a"] if len(pred) == 2 else ["b"] * len(pred)
    with pytest.raises(F1Error, match=sentence):
        score(table(true, pred), classes=["a", "b"], from_logits=True)
