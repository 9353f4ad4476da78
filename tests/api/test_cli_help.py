"""Help whose examples run, completion of a shell, and sentences that ask what was meant."""

import io
import os
import shlex
import subprocess
import sys

import numpy as np
import pytest

from f1core.cli import _parser, main
from f1core.commands import COMMANDS
from f1core.commands.completing import columns_of

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.csv")
pytest.importorskip("pyarrow.parquet")
pytest.importorskip("rich")


@pytest.fixture
def preds(tmp_path, monkeypatch):
    """The files that examples name, in a folder of their own."""
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, 60), rng.random(60)
    obs, pred = (np.array(["F", "VF"])[k] for k in (y, 1 - y))
    columns = {"y": y, "p": p, "p_0": 1 - p, "p_1": p, "obs": obs, "pred": pred}
    table = pa.table({**columns, "id": np.arange(60)})
    pa.parquet.write_table(table.drop_columns("id"), tmp_path / "preds.parquet")
    pa.csv.write_csv(table.drop_columns("id"), tmp_path / "preds.csv")
    for name in ("old.parquet", "new.parquet"):
        pa.parquet.write_table(table, tmp_path / name)
    for name in ("a.csv", "b.csv"):
        pa.csv.write_csv(table, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for half in (1, 2):
        save = ["--target", "y", "--probabilities", "p", "--save", f"part{half}.npz", "--quiet"]
        pa.parquet.write_table(table.slice(30 * half - 30, 30), f"half{half}.parquet")
        assert main(["score", f"half{half}.parquet", *save]) == 0
    return tmp_path


def parsers():
    (action,) = (a for a in _parser()._actions if isinstance(a.choices, dict))
    return action.choices


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "bench"])
def test_the_examples_of_help_run(run, preds, name):
    if name == "plot":
        pytest.importorskip("matplotlib").use("Agg")
    epilog = parsers()[name].epilog
    lines = epilog.replace("\\\n", " ").splitlines()
    examples = [line.strip() for line in lines if line.strip().startswith("f1core ")]
    assert examples
    for line in examples:
        status, _, err = run(*shlex.split(line)[1:])
        assert status == 0, err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_described(run, name):
    parser = parsers()[name]
    assert parser.description and parser.epilog
    assert all(action.help for action in parser._actions)
    status, out, _ = run("help", name)
    assert status == 0 and out == parser.format_help()


def test_help_lists_commands_and_completion(run):
    status, out, _ = run("help")
    assert status == 0 and all(f"    {name}" in out for name in COMMANDS)
    assert "register-python-argcomplete f1core" in out


def completed(line, cwd):
    pytest.importorskip("argcomplete")
    told = cwd / "told.txt"
    env = {**os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
           "_ARGCOMPLETE_STDOUT_FILENAME": str(told), "_ARGCOMPLETE_IFS": "\n"}  # fmt: skip
    command = [sys.executable, "-m", "f1core"]
    subprocess.run(command, env=env, cwd=cwd, check=True, capture_output=True)
    return [word.strip() for word in told.read_text().split("\n")]


def test_a_shell_completes_columns(preds):
    assert completed("f1core score preds.csv --target o", preds) == ["obs"]


def test_the_last_of_several_columns_is_completed(preds):
    class Parsed:
        paths = ("preds.csv",)

    assert columns_of("p_0,p_", Parsed) == ["p_0,p_0", "p_0,p_1"]
    assert columns_of("", Parsed) == ["y", "p", "p_0", "p_1", "obs", "pred"]
    Parsed.paths = ("none.csv",)
    assert columns_of("", Parsed) == []


COLUMNS = ("--target", "obs", "--probabilities", "VF,F,M,L")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("score", "hpc_cv.csv", "--target", "Obs"),
         "no column 'Obs' in {}/hpc_cv.csv (--target); there are 'obs', 'pred', "),
        (("score", "hpc_cv.csv", "--target", "Obs"), ", did you mean 'obs'?"),
        (("score", "hpc_cv.csv", *COLUMNS, "--group", "resample"), "did you mean 'Resample'?"),
        (("score", "hpc_cv.csv", *COLUMNS, "--id", "resample"), "(--id); there are"),
        (("score", "hpc_cv.csv", *COLUMNS, "--sample-weight", "w"), "(--sample-weight); there"),
        (("score", "species.parquet", "--target", "species", "--probabilities", "q_*"),
         "no column matches 'q_*' in {}/species.parquet (--probabilities); there are"),
        (("score", "species.parquet", "--target", "species", "--probabilities", "q_*"),
         "and 37 more, did you mean 'p_*'?"),
        (("curve", "hpc_cv.csv", "--target", "obz"), "did you mean 'obs'?"),
        (("rows", "hpc_cv.csv", *COLUMNS, "--true", "f", "--predicted", "L"),
         "(did you mean 'F'?)"),
        (("score", "hpc_cv.csv", *COLUMNS, "--average-over", "vf"), "(did you mean 'VF'?)"),
        (("score", "hpc_cv.csv", *COLUMNS[:3], "VF,F", "--pos-label", "vf"),
         "(did you mean 'VF'?)"),
        (("score", "hpc-cv.csv"), "does not exist; did you mean {}/hpc_cv.csv?"),
        (("score", "../dta/hpc_cv.csv"), "does not exist; did you mean {}/../data?"),
        (("score", "specis.parq*"), "did you mean {}/species.parquet?"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_answered_with_the_right_one(run, data, command, words):
    name, path, *options = command
    status, out, err = run(name, f"{data}/{path}", *options)
    assert (status, out) == (2, "") and err.count("\n") == 1
    assert words.replace("{}", str(data)) in err, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scor", "a.csv"], "(did you mean 'score'?)"),
        (["score", "a.csv", "--treshold", "0.3"], "--treshold 0.3 (did you mean '--threshold'?)"),
        (["merge", "a.npz", "--treshold", "0.3"], "unrecognized arguments: --treshold 0.3; f1core"),
        (["report", "a.csv", "--level", "0.9"], "--level 0.9; f1core report --help says"),
        (["report", "a.csv", "-o", "-"], "--output: it is '-', and nothing is written to a pipe"),
        (["plot", "a.csv", "--kind", "roc", "--output", "-"], "--output: it is '-'"),
        (["tune", "a.csv", "-o", "-"], "-o: it is '-', and nothing is written to a pipe"),
        (["score", "a.csv", "--save", "-"], "--save: it is '-', and nothing is written to a pipe"),
        (["merge", "a.npz", "--save", "-"], "--save: it is '-', and nothing is written to a pipe"),
        (["score", "a.csv", "--task", "multilable"], "(did you mean 'multilabel'?)"),
        (["score"], "the following arguments are required: PATH; f1core score --help says"),
        (["score", "a.csv", "--beta", "two"], "argument --beta: invalid float value: 'two'"),
    ],
)
def test_what_is_mistyped_gets_one_sentence(capsys, arguments, words):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert (left.value.code, said.out) == (2, "")
    assert said.err.startswith("f1core: ") and said.err.count("\n") == 1 and words in said.err


def test_a_terminal_without_arrows_shows_numbers(data, monkeypatch):
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding="ascii"))
    assert main(["tune", str(data / "flights.npz")]) == 0
    sys.stdout.flush()
    assert b"f1 0.0065 ? 0.0752" in printed.getvalue()
