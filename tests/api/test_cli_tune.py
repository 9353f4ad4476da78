"""Thresholds on the command line: what tune prints and writes, and that score gives its numbers."""

import json

import numpy as np
import pytest

import f1core

pytest.importorskip("pyarrow")
pytest.importorskip("rich")

CARS = ("hpc_cv.csv", "--target", "obs", "--probabilities", "VF,F,M,L")
ROLES = ("roles.csv", "--target", "true_*", "--probabilities", "p_*", "--task", "multilabel")
FLIGHTS = ("flights.npz",)
TASKS = {"binary": FLIGHTS, "multiclass": CARS, "multilabel": ROLES}


def on(data, command, files, *more):
    return command, data / files[0], *files[1:], *more


def test_tune_prints_what_score_delivers(run, data):
    status, out, _ = run("tune", data / "flights.npz", "--format", "json")
    assert status == 0
    best = json.loads(out)
    with np.load(data / "flights.npz") as arrays:
        found = f1core.score(arrays["y_true"], arrays["y_prob"], threshold=best["threshold"])
    assert found.binary.f1 == best["score"]


def test_tune_finds_a_threshold_for_each_class(run, tmp_path):
    folder = tmp_path
    (folder / "a.csv").write_text(
        "y,p_0,p_1,p_2\n0,0.8,0.1,0.1\n2,0.1,0.2,0.7\n1,0.5,0.3,0.2\n2,0,0.3,0.7\n"
    )
    columns = "--target", "y", "--probabilities", "p_*"
    status, out, _ = run("tune", folder / "a.csv", *columns, "--average", "mcc", "--format", "json")
    best = json.loads(out)
    assert (status, best["metric"]) == (0, "mcc")
    given = ",".join(map(repr, best["threshold"]))
    _, out, _ = run("score", folder / "a.csv", *columns, "--threshold", given, "--format", "json")
    assert json.loads(out)["mcc"] == best["score"]
    _, out, _ = run("tune", folder / "a.csv", *columns)
    assert "p / " in out


def test_tune_names_the_labels(run, data):
    columns = "--target", "true_*", "--probabilities", "p_*", "--task", "multilabel"
    status, out, _ = run("tune", data / "roles.csv", *columns)
    assert status == 0
    assert "Web_developer" in out


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ("binary", ()),
        ("binary", ("--metric", "mcc")),
        ("binary", ("--min-recall", "0.2")),
        ("multiclass", ()),
        ("multiclass", ("--metric", "balanced_accuracy")),
        ("multilabel", ()),
        ("multilabel", ("--metric", "f1_micro")),
        ("multilabel", ("--shared",)),
        ("multilabel", ("--min-precision", "0.2", "--shared")),
    ],
)
def test_score_with_the_file_gives_the_number_of_tune(run, data, tmp_path, task, more):
    saved = tmp_path / "best.json"
    command = on(data, "tune", TASKS[task], *more)
    status, out, err = run(*command, "--save", saved, "--format", "json")
    assert (status, err) == (0, "")
    told = json.loads(out)
    assert told == json.loads(saved.read_text())
    metric = told["metric"]
    assert told["after"]["score"] == told["score"]
    judged = on(data, "score", TASKS[task], "--format", "json", "--per-class")
    after = json.loads(run(*judged, "--threshold", saved)[1])
    assert after[metric] == told["score"]
    before = json.loads(run(*judged)[1])
    for side, found in (("before", before), ("after", after)):
        for ratio in ("precision", "recall", "f1"):
            assert told[side][ratio] == found["per_class"][ratio]
    table = run(*command)[1]
    assert f"{before[metric]:.4f} → {after[metric]:.4f}" in table


def test_names_find_their_thresholds_in_another_order(run, data, tmp_path):
    saved = tmp_path / "best.json"
    score = json.loads(run(*on(data, "tune", CARS, "--save", saved, "--format", "json"))[1])
    turned = (*CARS[:-1], "L,M,F,VF", "--threshold", saved, "--format", "json")
    found = json.loads(run(*on(data, "score", turned))[1])["f1_macro"]
    assert found == pytest.approx(score["score"], abs=1e-15)  # a sum in another order
    rows = on(data, "rows", turned[:-2], "--true", "F", "--predicted", "L", "--limit", "9999")
    told = json.loads(run(*rows, "--format", "json")[1])
    matrix = json.loads(run(*on(data, "score", turned, "--per-class"))[1])
    place = {name: k for k, name in enumerate(matrix["classes"])}
    assert len(told) == matrix["confusion"][place["F"]][place["L"]] > 0


def test_a_file_for_something_else_is_refused(run, data, tmp_path):
    cars, flights = tmp_path / "cars.json", tmp_path / "flights.json"
    assert run(*on(data, "tune", CARS, "--save", cars))[0] == 0
    assert run(*on(data, "tune", FLIGHTS, "--save", flights))[0] == 0
    state = tmp_path / "state.npz"
    for files, saved, words in (
        (ROLES, cars, "has no threshold for class"),
        (FLIGHTS, cars, "cars.json"),
        (CARS, flights, "--threshold 0.0433825 is for binary and multilabel tasks"),
        ((*CARS, "--from-logits"), cars, "was tuned on probabilities: leave out --from-logits"),
        ((*FLIGHTS, "--pos-label", "0"), flights, "was tuned for the positive class '1'"),
    ):
        status, out, err = run(*on(data, "score", files, "--threshold", saved, "--save", state))
        assert (status, out) == (2, "") and words in err, err
        assert not state.exists()
    told = json.loads(cars.read_text())
    told["classes"][0] = "VFX"
    cars.write_text(json.dumps(told))
    status, _, err = run(*on(data, "score", CARS, "--threshold", cars))
    assert status == 2 and "no threshold for class 'VF' (did you mean 'VFX'?)" in err
    status, _, err = run(*on(data, "tune", CARS, "--save", tmp_path / "cars.json"))
    assert status == 0  # a file of thresholds may be replaced
    (tmp_path / "notes.txt").write_text("mine")
    status, _, err = run(*on(data, "tune", CARS, "--save", tmp_path / "notes.txt"))
    assert status == 2 and "exists and is no f1core thresholds" in err


@pytest.mark.parametrize("text", ["[]", "{}", "no", '{"threshold": "x", "classes": [], "task": 1}'])
def test_what_tune_did_not_write_is_no_threshold(run, data, tmp_path, capsys, text):
    (tmp_path / "a.json").write_text(text)
    for path in (tmp_path / "a.json", tmp_path / "none.json"):
        with pytest.raises(SystemExit) as left:
            run(*on(data, "score", FLIGHTS, "--threshold", path))
        assert left.value.code == 2 and str(path) in capsys.readouterr().err


@pytest.mark.parametrize("task", TASKS)
def test_the_best_threshold_is_told_to_be_of_these_rows(run, data, task):
    files = TASKS[task]
    tuned = json.loads(run(*on(data, "tune", files, "--format", "json"))[1])
    status, out, _ = run(*on(data, "score", files, "--threshold", "best", "--format", "json"))
    told = json.loads(out)
    assert status == 0 and told[tuned["metric"]] == tuned["score"]
    assert "chosen and judged on these same rows" in told["notes"][0]
    out = run(*on(data, "score", files, "--threshold", "best"))[1]
    assert "chosen and judged on these same rows" in " ".join(out.split())


def test_weights_move_the_best_threshold(run, tmp_path):
    rng = np.random.default_rng(0)
    y, p, w = rng.integers(0, 2, 60), rng.random(60).round(3), rng.integers(1, 9, 60)
    lines = [f"{a},{b},{c}" for a, b, c in zip(y, p, w, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["y,p,w", *lines]))
    names = tmp_path / "a.csv", "--target", "y", "--probabilities", "p", "--sample-weight", "w"
    told = json.loads(run("tune", *names, "--format", "json")[1])
    best = f1core.best_threshold(y, p, sample_weight=w)
    assert (told["threshold"], told["score"]) == (best.threshold, best.score)
    out = run("score", *names, "--threshold", "best", "--format", "json")[1]
    assert json.loads(out)["f1"] == best.score


@pytest.mark.parametrize(
    ("files", "more", "words"),
    [
        (FLIGHTS, ("--metric", "f1", "--average", "micro"), "give one"),
        (FLIGHTS, ("--metric", "f1_makro"), "did you mean 'f1_macro'"),
        (CARS, ("--metric", "mccc"), "did you mean 'mcc'"),
        (ROLES, ("--metric", "mcc"), "--metric is 'mcc'; use one of 'f1_macro'"),
        (CARS, ("--metric", "mcc", "--min-recall", "0.5"), "--min-recall both say"),
        (CARS, ("--min-recall", "0.5"), "is for binary and multilabel tasks"),
        (FLIGHTS, ("--min-recall", "2"), "--min-recall is 2"),
    ],
)
def test_what_cannot_be_sought_is_refused(run, data, files, more, words):
    status, out, err = run(*on(data, "tune", files, *more))
    assert (status, out) == (2, "") and words in err and err.count("\n") == 1, err


def test_best_needs_rows_that_can_be_read_twice(run, data, monkeypatch):
    for more, words in ((("--id", "Resample"), "leave out --id"), (("--top-k", "2"), "give one")):
        status, _, err = run(*on(data, "score", CARS, "--threshold", "best", *more))
        assert status == 2 and words in err
    status, _, err = run("score", "-", *CARS[1:], "--threshold", "best")
    assert status == 2 and "a pipe is read once" in err


@pytest.mark.parametrize("command", ["score", "rows", "report", "plot"])
def test_best_is_taken_wherever_it_is_offered(run, data, tmp_path, command):
    if command == "plot":
        pytest.importorskip("matplotlib")
    more = {
        "rows": ["--true", "1", "--predicted", "0", "--limit", "1"],
        "report": ["-o", tmp_path / "a.html"],
        "plot": ["--kind", "confusion", "--output", tmp_path / "a.png"],
    }.get(command, [])
    status, out, err = run(command, data / "flights.npz", *more, "--threshold", "best")
    assert (status, "these same" in out + err) == (0, True)


def test_best_is_offered_only_where_it_is_taken(run, capsys):
    with pytest.raises(SystemExit):
        run("compare", "--help")
    assert "best|FILE" not in capsys.readouterr().out


@pytest.mark.parametrize("command", ["tune", "curve", "score"])
def test_numbered_labels_are_averaged_over_by_number(run, tmp_path, command):
    rng = np.random.default_rng(1)
    columns = {f"y_{k}": rng.integers(0, 2, 99) for k in range(3)}
    columns |= {f"p_{k}": rng.random(99).round(2) for k in range(3)}
    lines = [
        ",".join(columns),
        *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True)),
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    asked = ["--target", "y_*", "--probabilities", "p_*", "--task", "multilabel"]
    status, _, err = run(command, tmp_path / "a.csv", *asked, "--average-over", "1,2")
    assert (status, err) == (0, "")
