"""The commands curve and calibration, on rows and on streams, and pictures of what they find."""

import json

import numpy as np
import pytest

import f1core

pytest.importorskip("pyarrow")
pytest.importorskip("rich")

CARS = ("--target", "obs", "--probabilities", "VF,F,M,L")


def test_curve_and_calibration_print_what_the_functions_give(run, data):
    with np.load(data / "flights.npz") as arrays:
        y, p = arrays["y_true"], arrays["y_prob"]
    status, out, _ = run("curve", data / "flights.npz", "--format", "json")
    found = f1core.curve(y, p)
    there = {"roc_auc": found.roc_auc, "average_precision": found.average_precision}
    assert (status, json.loads(out)) == (0, there)
    assert f"roc_auc {found.roc_auc:.4f}" in run("curve", data / "flights.npz")[1]
    how = "--bins", "4", "--strategy", "quantile"
    status, out, _ = run("calibration", data / "flights.npz", *how, "--format", "json")
    measured = f1core.calibration(y, p, bins=4, strategy="quantile")
    told = json.loads(out)
    assert told["ece"] == measured.ece and told["bins"]["count"] == measured.bins.count.tolist()
    assert tuple(told["intervals"]["brier"]) == measured.interval("brier")
    assert f"ece {measured.ece:.4f}" in run("calibration", data / "flights.npz", *how)[1]


def test_curve_and_calibration_name_the_classes(run, data):
    status, out, _ = run("curve", data / "hpc_cv.csv", *CARS, "--one-vs-one", "--format", "json")
    told = json.loads(out)
    assert status == 0 and [*told["per_class"]] == ["VF", "F", "M", "L"]
    assert told["roc_auc_macro"] == pytest.approx(
        np.mean([each["roc_auc"] for each in told["per_class"].values()])
    )
    out = run("curve", data / "hpc_cv.csv", *CARS, "--one-vs-one")[1]
    assert f"one against one: macro {told['roc_auc_ovo_macro']:.4f}" in out
    columns = "--target", "true_*", "--probabilities", "p_*"
    for command in ("curve", "calibration"):
        status, _, error = run(command, data / "roles.csv", *columns)
        assert status == 2 and "say --task multiclass" in error
        status, out, _ = run(command, data / "roles.csv", *columns, "--task", "multilabel")
        assert status == 0 and "Web_developer" in out
    status, out, _ = run("calibration", data / "hpc_cv.csv", *CARS, "--format", "json")
    assert status == 0 and [*json.loads(out)["per_class"]] == ["VF", "F", "M", "L"]
    assert run("calibration", data / "flights.npz", "--bins", "0")[2].startswith(
        "f1core: --bins is 0"
    )


def test_files_are_streamed_into_bins(run, data):
    columns = {"target": "obs", "probabilities": ["VF", "F", "M", "L"]}
    binned = f1core.files.binned(data / "hpc_cv.csv", calibration=True, bins=256, **columns)
    rows = f1core.files.read(data / "hpc_cv.csv", **columns)
    once = f1core.BinnedThresholds("multiclass", classes=rows.classes, bins=256, calibration=True)
    once.update(rows.true, rows.scores)
    assert binned == once and binned.ranking().classes == ["VF", "F", "M", "L"]
    exact = f1core.curve(rows.true, rows.scores, task="multiclass", classes=rows.classes)
    streamed = "--streamed", "256", "--format", "json"
    status, out, _ = run("curve", data / "hpc_cv.csv", *CARS, *streamed)
    told = json.loads(out)
    assert status == 0
    for name, value in exact.to_dict().items():
        assert told["low"][name] <= value <= told["high"][name]
    assert "between" in run("curve", data / "hpc_cv.csv", *CARS, *streamed[:2])[1]
    how = *CARS, "--bins", "16", "--format", "json"
    there, here = (
        json.loads(run("calibration", data / "hpc_cv.csv", *how, *more)[1])
        for more in ((), streamed[:2])
    )
    assert here["ece"] == pytest.approx(there["ece"], abs=1e-12)
    assert here["bins"]["count"] == there["bins"]["count"]
    for more, said in (
        (("--one-vs-one",), "--one-vs-one needs all rows"),
        (("--streamed", "9"), "9;"),
    ):
        status, _, error = run("curve", data / "hpc_cv.csv", *CARS, *streamed, *more)
        assert status == 2 and said in error


@pytest.mark.parametrize("kind", ["roc", "precision_recall", "reliability"])
def test_plot_draws_rankings_and_calibration_of_classes(run, data, tmp_path, kind):
    pytest.importorskip("matplotlib").use("Agg")
    many = ("--target", "true_*", "--probabilities", "p_*", "--task", "multilabel")
    for file, columns in (("flights.npz", ()), ("hpc_cv.csv", CARS), ("roles.csv", many)):
        output = tmp_path / f"{file}.png"
        status, _, error = run("plot", data / file, *columns, "--kind", kind, "--output", output)
        assert (status, error) == (0, "")
        assert output.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["threshold", "confusion", "per_class"])
def test_plot_writes_a_picture(run, data, tmp_path, kind):
    pytest.importorskip("matplotlib").use("Agg")
    output = tmp_path / "picture.png"
    status, out, _ = run("plot", data / "flights.npz", "--kind", kind, "--output", output)
    assert (status, out.strip()) == (0, str(output))
    assert output.read_bytes().startswith(b"\x89PNG")
