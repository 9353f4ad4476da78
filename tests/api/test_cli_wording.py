"""The command line: whatever an option is given wrongly, no sentence is one for Python."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import f1core
from f1core.cli import _parser, main
from f1core.commands.wording import _PHRASES, flags_of, spoken

pa = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.csv")
pytest.importorskip("rich")

COMMANDS = next(each.choices for each in _parser()._actions if isinstance(each.choices, dict))
# A name with an underscore, a keyword, a value or a method of Python, a dtype, a shape.
PYTHON = re.compile(
    r"(?<![\w./*-])[a-z0-9]+(?:_[a-z0-9]+)+(?![\w.*])|\b\w+=|\bNone\b|\bTrue\b|\bFalse\b"
    r"|\breshape\b|\[:|\b(?:u?int|float)\d+\b|\bobject\b|\bdtype\b|\(n, |\(\d+,|\bs\.\w"
)
VALUES = {
    "COLUMN": ("nope", "y_true", "g", "p_*", "y_prob,y_prob"),
    "A,B,…": ("a", "a,b", "a,b,c,d", "0", "cat,cat", "-1,1", "yes,no"),
    "LABEL": ("7", "yes", "a"),
    "present|all|A,B,…": ("present", "a", "0", "1,1"),
    "0|1|nan": ("2",),
    "NAME": ("x", "precision", "f1"),
    "A": ("x", "binary"),
    "T[,T…]|best|FILE": ("2", "0.5,0.5", "0.1,0.2,0.3", "best", "-1"),
    "T[,T…]|FILE": ("2", "0.5,0.5", "0.1,0.2,0.3", "-1"),
    "STATE": ("/nowhere/at/all", "b.csv"),
    "FILE": ("/nowhere/at/all", "b.csv"),
}
NUMBERS = ("0", "-1", "2", "99999999999")


def write(path, **columns):
    pa.csv.write_csv(pa.table(columns), path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wording")
    rng = np.random.default_rng(0)
    three = rng.dirichlet([1, 1, 1], 40)
    scores = {f"p_{name}": three[:, at] for at, name in enumerate(("cat", "dog", "eel"))}
    names = np.array(["cat", "dog", "eel"])
    write(folder / "b.csv", g=["a", "b"] * 20, y_true=[0, 1] * 20, y_prob=three[:, 0])
    write(folder / "words.csv", y_true=["no", "yes"] * 20, y_prob=three[:, 0])
    write(folder / "three.csv", y_true=names[rng.integers(0, 3, 40)], **scores)
    write(folder / "labels.csv", y_true=names[rng.integers(0, 3, 40)], y_prob=["cat", "dog"] * 20)
    flags = {f"y_{name}": rng.integers(0, 2, 40) for name in names}
    write(folder / "many.csv", **flags, **scores)
    return folder


FILES = {
    "b.csv": [],
    "words.csv": ["--pos-label", "yes"],
    "three.csv": ["--probabilities", "p_*"],
    "labels.csv": [],
    "many.csv": ["--target", "y_*", "--probabilities", "p_*"],
}


def wrong_values(action):
    """What may be typed after an option; None is nothing."""
    if action.nargs == 0:
        return (None,)
    if action.choices:
        return tuple(action.choices)
    return VALUES.get(action.metavar, NUMBERS)


def python_in(sentence, typed):
    """What a sentence says that only somebody in Python knows.

    What stands in quotes, and what was typed, are the user's own words.
    """
    found = PYTHON.findall(re.sub(r"'[^']*'|column \S+", "", sentence))
    return [each for each in found if each not in (typed or "").split(",")]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["score", "tune", "compare", "rows", "curve", "calibration"])
def test_no_option_given_wrongly_is_answered_in_python(command, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    refused, wrong = set(), {}
    for action in COMMANDS[command]._actions:
        if not action.option_strings or action.dest in ("help", "output"):
            continue
        flag = next(each for each in action.option_strings if each.startswith("--"))
        for value in wrong_values(action):
            for file, given in FILES.items():
                at = given.index(flag) if flag in given else len(given)
                typed = [flag] if value is None else [f"{flag}={value}"]
                typed = [command, file, *given[:at], *given[at + 2 :], *typed]
                if command == "compare":
                    typed[2:2] = [file]
                    typed += [] if flag == "--resamples" else ["--resamples", "20"]
                try:
                    status = main([*typed, "--quiet"])
                except SystemExit as error:
                    status = error.code
                said = capsys.readouterr().err
                assert status in (0, 2) and (status == 0 or said), typed
                for each in python_in(said, value):
                    wrong.setdefault(each, (typed, said))
                refused.add((flag, status))
    assert not wrong
    assert len([flag for flag, status in refused if status == 2]) > 10


def test_phrases_for_python_are_said_somewhere():
    texts = [
        node.value
        for path in Path(f1core.__file__).parent.rglob("*.py")
        if path.name != "wording.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for phrase in _PHRASES:
        assert any(phrase in text for text in texts), phrase


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("target has 3 columns: say task='multiclass' or task='multilabel'",
         "--target has 3 columns: say --task multiclass or --task multilabel"),
        ("a.csv: target holds strings: name the classes, classes=[…]",
         "a.csv: --target holds strings: name the classes, --classes A,B,…"),
        ("use classes=[1, 2, 3]", "use --classes 1,2,3"),
        ("if these are logits, say from_logits=True", "if these are logits, say --from-logits"),
        ("say pos_label=, or classes=[negative, positive]",
         "say --pos-label, or --classes negative,positive"),
        ("sample_id is 'x'; use one of 'y'", "--id is 'x'; use one of 'y'"),
        ("a\x1b[31m", "a\\x1b[31m"),
        ("probabilities is (60,) object", "--probabilities is one column of text"),
        ("y_pred is (60, 1200) float32", "--probabilities is 1,200 columns of numbers"),
        ("the threshold is high, threshold has 2 values",
         "the threshold is high, --threshold has 2 values"),
        ("no column 'top_k' in a (target=)", "no column 'top_k' in a (--target)"),
        ("column sample_id is null at row 3", "column sample_id is null at row 3"),
        ("classes/sample_id.csv cannot be read", "classes/sample_id.csv cannot be read"),
        ("pos_label='a;b' or pos_label='a' does", "--pos-label 'a;b' or --pos-label a does"),
        ("say pos_label=''", "say --pos-label ''"),
        ("give min_precision or min_recall", "give min_precision or min_recall"),  # none here
        ("x at row 1 is [0, 1, 1], no", "x at row 1 is 0,1,1, no"),
        ("average_over=('a',) is", "--average-over a is"),
        ("ignore_index leaves out: top_k=2", "--ignore-index leaves out: --top-k 2"),
    ],
)  # fmt: skip
def test_parameters_become_options_and_nothing_else_does(python, words):
    assert spoken(python, flags_of(COMMANDS["score"])) == words


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        (["--threshold-old", "2"], "--threshold-old is 2, outside [0, 1]"),
        (["--threshold-old", "0.5,0.5"], "--threshold-old is a list"),
        (["--threshold", "0.2", "--threshold-old", "2"], "--threshold-old is 2, outside [0, 1]"),
        (["--threshold", "2", "--threshold-old", "0.2"], "--threshold is 2, outside [0, 1]"),
        (["--pos-label", "1", "--threshold-old", "0.5,0.5"], "--threshold-old is a list"),
        (["--top-k", "2", "--threshold-old", "0.3"], "--top-k 2"),
        (["--probabilities-old", "nope"], "no column 'nope' in b.csv (--probabilities-old)"),
        (["--probabilities-old", "y_true"], "b.csv: --probabilities-old is y_true, which leaves"),
        (["--probabilities-old", "g"], "--probabilities-old holds words"),
        (["--probabilities", "nope"], "no column 'nope' in b.csv (--probabilities)"),
    ],
)
def test_options_of_the_old_model_are_blamed_by_name(run, folder, monkeypatch, options, blamed):
    monkeypatch.chdir(folder)
    status, _, err = run("compare", "b.csv", "b.csv", *options)
    assert status == 2 and blamed in err


@pytest.mark.parametrize("option", ["--threshold", "--threshold-old"])
def test_a_threshold_that_compare_refuses_is_not_offered(folder, monkeypatch, capsys, option):
    monkeypatch.chdir(folder)
    for value, said in (("x", "give a number, or several by comma, or a file"), ("best", "tune")):
        with pytest.raises(SystemExit) as ended:
            main(["compare", "b.csv", "b.csv", option, value])
        assert ended.value.code == 2
        err = capsys.readouterr().err
        assert said in err and option in err


@pytest.mark.parametrize("command", ["score", "tune", "curve", "calibration", "plot", "report"])
def test_every_command_reads_whole_logits_and_a_single_label(run, tmp_path, command):
    if command == "plot":
        pytest.importorskip("matplotlib").use("Agg")
    more = {
        "plot": ["--kind", "roc", "--output", tmp_path / "a.png"],
        "report": ["-o", tmp_path / "a.html"],
    }.get(command, [])
    logits, one = tmp_path / "l.csv", tmp_path / "one.csv"
    logits.write_text("y,p\na,3\nb,-2\nb,1\na,0\n")
    one.write_text("true_x,p_x\n0,0.2\n1,0.3\n1,0.9\n")
    named = ["--target", "y", "--probabilities", "p", "--classes", "a,b", "--from-logits"]
    status, _, err = run(command, logits, *named, *more, "--quiet")
    assert (status, err) == (0, "")
    named = ["--target", "true_*", "--probabilities", "p_*", "--task", "multilabel"]
    status, _, err = run(command, one, *named, *more, "--quiet")
    assert (status, err) == (0, "")


def test_an_interrupt_before_a_command_begins_is_said_in_one_line(monkeypatch, capsys):
    from f1core import __main__, cli

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_parser", interrupted)
    assert __main__.main() == 130
    assert capsys.readouterr().err == "f1core: interrupted; nothing was written\n"
    monkeypatch.setattr(cli, "main", interrupted)  # as while its modules are read
    assert __main__.main() == 130
    assert capsys.readouterr().err == "f1core: interrupted; nothing was written\n"
