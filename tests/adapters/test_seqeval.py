"""seqeval beside its drop-in: its own tests' cases, and drawn tags in every scheme."""

# ruff: noqa: E501 - a row holds a whole case

from __future__ import annotations

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("seqeval")
pytest.importorskip("sklearn")

from seqeval import metrics as theirs
from seqeval import scheme as schemes
from seqeval.metrics import sequence_labeling, v1
from sklearn.exceptions import UndefinedMetricWarning

from f1core import F1Error
from f1core.adapters import seqeval as ours
from f1core.adapters.seqeval import spans
from f1core.adapters.seqeval.schemes import detected, letters_of, scheme_name

SCHEMES = ("IOB1", "IOB2", "IOE1", "IOE2", "IOBES", "BILOU")
TYPES = ["", "-A", "-B", "-A-B", "--A", "A", "-組織", "-"]
# What no scheme has, and seqeval's default mode takes somehow.
ODD = ["X", "X-A", ".", ".-A", "U-A", "L-A", "O-A", "PER", "E", "b-A", "#-A", "-", "A-"]
SCORES = ("f1_score", "precision_score", "recall_score")


def spelled(letter, kind, suffix=False):
    """A tag, with its type first where it is a suffix's."""
    return "-".join(kind.split("-")[::-1]) + letter if suffix else letter + kind


@st.composite
def tagged(draw, letters, odd=(), suffix=False, least=0):
    """Two lists of sentences of the same lengths, whose tags are often the same."""
    usual = [spelled(letter, kind, suffix) for letter in letters for kind in TYPES]
    tags = st.sampled_from(["O", "O", *(t for t in usual if t[:1] != "O"), *odd])
    token = st.tuples(tags, tags, st.booleans())
    rows = draw(st.lists(st.lists(token, min_size=least, max_size=8), min_size=1, max_size=5))
    true = [[t for t, _, _ in row] for row in rows]
    return true, [[t if same else p for t, p, same in row] for row in rows]


def called(function, *args, **options):
    """What a call gives, or which error it raises, and the sorts of warnings that are for users."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = function(*args, **options)
        except Exception as error:
            return type(error), set()
    said = {(each.category, str(each.message)) for each in caught
            if each.category in (UserWarning, UndefinedMetricWarning)}  # fmt: skip
    runtime = any(each.category is RuntimeWarning for each in caught)
    return found, said | ({RuntimeWarning} if runtime else set())


def agree(name, *args, module=theirs, **options):
    """Both sides give the same numbers and say the same."""
    found, said = called(getattr(ours, name), *args, **options)
    wanted, told = called(getattr(module, name), *args, **options)
    assert said == told
    if isinstance(wanted, dict):
        assert list(found) == list(wanted)
        assert all(list(found[key]) == list(wanted[key]) for key in wanted)
        found, wanted = (
            [value for row in side.values() for value in row.values()] for side in (found, wanted)
        )
    if isinstance(wanted, str):
        assert found == wanted
        return
    for mine, theirs_ in zip(np.atleast_1d(found) if not isinstance(found, (tuple, list)) else found,
                             np.atleast_1d(wanted) if not isinstance(wanted, (tuple, list)) else wanted,
                             strict=True):  # fmt: skip
        np.testing.assert_array_equal(mine, theirs_)


UNDEFINED, AVERAGES = ("warn", 0, 1), ("micro", "macro", "weighted", None)


def agree_in_all(y_true, y_pred, undefined=UNDEFINED, averages=AVERAGES, **how):
    """All functions, and these averages and values of 0/0."""
    for zero_division in undefined:
        for average in averages:
            for name in SCORES:
                agree(name, y_true, y_pred, average=average, zero_division=zero_division, **how)
        agree("classification_report", y_true, y_pred, output_dict=True,
              zero_division=zero_division, **how)  # fmt: skip


def some(data):
    """One value of 0/0 and one average: all of them at once take 12 times as long."""
    return [[data.draw(st.sampled_from(every))] for every in (UNDEFINED, AVERAGES)]


# ---- drawn ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [False, True])
@given(data=st.data())
def test_default_mode_has_seqevals_numbers(suffix, data):
    y = data.draw(tagged("BIES", ODD, suffix))
    for side in y:
        assert ours_entities(side, suffix) == their_entities(side, suffix)
    agree_in_all(*y, *some(data), suffix=suffix)


def ours_entities(tags, suffix):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ours.get_entities(tags, suffix)


def their_entities(tags, suffix):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sequence_labeling.get_entities(tags, suffix)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("suffix", [False, True])
@given(data=st.data())
def test_strict_mode_has_seqevals_numbers(scheme, suffix, data):
    y = data.draw(tagged(letters_of(scheme).replace("O", ""), ["O-A"] * (not suffix), suffix))
    how = {"scheme": getattr(schemes, scheme), "suffix": suffix}
    for side in y:
        assert found_by(side, scheme, suffix) == [
            (entity.sent_id, entity.start, entity.end, entity.tag)
            for sentence in schemes.Entities(side, **how).entities
            for entity in sentence
        ]
    agree_in_all(*y, *some(data), mode="strict", **how)


def found_by(side, scheme, suffix=False):
    """Spans of strict mode: sentence, start, end and type."""
    sentences = spans.read(side, side)
    reads = scheme + (" suffix" if suffix else "")
    tags = spans.taken_apart([*sentences.tags, "O"], reads)
    tokens = spans.spread(sentences.lengths, sentences.true, len(tags.letters) - 1)
    found = spans.find(tokens, tags, scheme)
    ends = np.cumsum(sentences.lengths + 1)
    which = np.searchsorted(ends, found.stop)
    first = (ends - sentences.lengths)[which]
    every = which, found.start - first, found.stop - first, found.type
    return [
        (s, a, b, tags.names[t]) for s, a, b, t in zip(*(x.tolist() for x in every), strict=True)
    ]


@given(tagged("BIES", ODD))
def test_accuracy_and_performance_are_those_of_tokens(y):
    true, pred = y
    if any(true):
        assert ours.accuracy_score(true, pred) == theirs.accuracy_score(true, pred)
    assert ours.performance_measure(true, pred) == theirs.performance_measure(true, pred)
    flat = [[tag for row in side for tag in row] for side in y]
    assert ours.performance_measure(*flat) == theirs.performance_measure(*flat)


@given(st.sets(st.sampled_from("OBIESUL"), max_size=5))
def test_a_scheme_is_found_by_the_same_letters(letters):
    tags = [f"{letter}-A" for letter in sorted(letters)]
    wanted, _ = called(schemes.auto_detect, [tags])
    if wanted is ValueError:
        with pytest.raises(F1Error, match="no scheme has just the letters"):
            detected(tags, suffix=False)
    else:
        assert detected(tags, suffix=False) == wanted.__name__


@given(tagged("BI", least=1))
def test_strict_reports_find_the_scheme(y):
    (true, pred), options = y, {"mode": "strict", "zero_division": 0, "output_dict": True}
    wanted, _ = called(theirs.classification_report, true, pred, **options)
    if isinstance(wanted, dict):
        agree("classification_report", true, pred, **options)
    else:
        assert issubclass(called(ours.classification_report, true, pred, **options)[0], F1Error)


@given(tagged("BIES", least=1), st.integers(0, 6))
def test_reports_are_the_same_text(y, digits):
    true, pred = y
    if not their_entities(true, False) + their_entities(pred, False):
        return  # where seqeval's raises
    agree("classification_report", true, pred, digits)


def test_ties_are_rounded_as_theirs():
    y_true, y_pred = [["O", "O", "B", "B", "B"]], [["B"] * 5]
    agree("classification_report", y_true, y_pred, 1)  # 0.7499999999999999


@pytest.mark.parametrize("beta", [0.0, 0.5, 2.0, np.inf])
@pytest.mark.parametrize("scheme", [None, *SCHEMES[:2]])
def test_f_beta_is_theirs(beta, scheme):
    rng = np.random.default_rng(4)
    y = [[[f"{'BIO'[i]}-{'AB'[k]}" for i, k in rng.integers(0, (3, 2), (9, 2))] for _ in range(20)]
         for _ in range(2)]  # fmt: skip
    how, module = {}, sequence_labeling
    if scheme is not None:
        how, module = {"scheme": getattr(schemes, scheme)}, v1
    for average in (None, "micro", "macro", "weighted"):
        agree(
            "precision_recall_fscore_support", *y, module=module, beta=beta, average=average, **how
        )
    for warn_for in (("precision",), ("recall",), ("f-score",), ("precision", "f-score")):
        agree(
            "precision_recall_fscore_support",
            [["B-A"]],
            [["B-B"]],
            module=module,
            warn_for=warn_for,
            **how,
        )


# ---- seqeval's own cases -------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [*SCORES, "accuracy_score", "classification_report", "performance_measure"]
)
def test_signatures_are_seqevals(name):
    mine, other = (
        [
            (p.name, p.kind, p.default)
            for p in inspect.signature(getattr(m, name)).parameters.values()
        ]
        for m in (ours, theirs)
    )
    assert mine == other


def test_scheme_names_are_those_of_its_classes():
    for name in SCHEMES:
        assert scheme_name(getattr(schemes, name)) == scheme_name(name) == getattr(ours, name)


@pytest.mark.parametrize(("mode", "scheme"), [(None, None), ("strict", schemes.IOB2)])
def test_nothing_is_warned_of(mode, scheme):
    with pytest.warns(UndefinedMetricWarning):
        ours.f1_score([[]], [[]], average="micro", mode=mode, scheme=scheme)
    with pytest.warns(RuntimeWarning):
        ours.f1_score([[]], [[]], average="macro", mode=mode, scheme=scheme)
    agree_in_all([[]], [[]], mode=mode, scheme=scheme)
    agree_in_all([["O"]], [["O"]], mode=mode, scheme=scheme)


@pytest.mark.parametrize(
    ("y_true", "y_pred", "error"),
    [
        ([["O"]], [[]], ValueError), ([[]], [["O"]], ValueError), ([["B"], []], [["B"]], ValueError),
        ([["B"], []], [["B"], ["I"]], ValueError), ([()], [()], TypeError),
        (np.array([[]]), np.array([[]]), TypeError), (np.array([[]]), [[]], TypeError),
    ],
)  # fmt: skip
def test_other_lengths_and_kinds_are_refused_alike(y_true, y_pred, error):
    for function in (ours.f1_score, theirs.f1_score, ours.classification_report):
        with pytest.raises(error):
            function(y_true, y_pred)


def test_conlleval_and_strict_part():
    y_true, y_pred = [["B-ORG", "I-ORG"]], [["I-ORG", "I-ORG"]]
    for average in (None, "micro", "macro", "weighted"):
        assert ours.f1_score(y_true, y_pred, average=average) == 1
        strict = ours.f1_score(y_true, y_pred, average=average, mode="strict", scheme=schemes.IOB2,
                               zero_division=0)  # fmt: skip
        assert strict == 0


@pytest.mark.parametrize(
    ("tags", "suffix", "expected"),
    [
        (
            ["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O", "B-PER", "I-PER"],
            False,
            [("MISC", 3, 5), ("PER", 7, 8)],
        ),
        (
            ["O", "O", "O", "MISC-B", "MISC-I", "MISC-I", "O", "PER-B", "PER-I"],
            True,
            [("MISC", 3, 5), ("PER", 7, 8)],
        ),
        ([["O", "O", "O", "B", "I", "I", "O"], ["B", "I", "O"]], False, [("_", 3, 5), ("_", 8, 9)]),
    ],
)
def test_entities_are_found(tags, suffix, expected):
    assert (
        ours.get_entities(tags, suffix) == sequence_labeling.get_entities(tags, suffix) == expected
    )


def test_words_that_are_no_tags_are_warned_of():
    tags = ["O", "MISC", "MISC", "O", "PER"]
    for suffix in (False, True):
        with pytest.warns(UserWarning, match="seems not") as caught:
            ours.get_entities(tags, suffix)
        assert [str(each.message) for each in caught] == [
            f"{tag} seems not to be NE tag." for tag in ("MISC", "PER")
        ]


def test_tokens_are_measured():
    y_true = [["O", "O", "O", "B-MISC", "I-MISC", "O", "B-ORG"], ["B-PER", "I-PER", "O", "B-PER"]]
    y_pred = [["O", "O", "B-MISC", "I-MISC", "I-MISC", "O", "O"], ["B-PER", "I-PER", "O", "B-MISC"]]
    assert ours.performance_measure(y_true, y_pred) == {"TP": 3, "FP": 3, "FN": 1, "TN": 4}


def test_the_report_is_theirs():
    y_true, y_pred = [["B-A", "B-B", "O", "B-A"]], [["O", "B-B", "B-C", "B-A"]]
    with pytest.warns(UndefinedMetricWarning):
        report = ours.classification_report(y_true, y_pred, output_dict=True)
    each = ["precision", "recall", "f1-score", "support"]
    assert report == {
        "A": dict(zip(each, (1.0, 0.5, 0.6666666666666666, 2), strict=True)),
        "B": dict(zip(each, (1.0, 1.0, 1.0, 1), strict=True)),
        "C": dict(zip(each, (0.0, 0.0, 0.0, 0), strict=True)),
        "micro avg": dict(
            zip(each, (0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 3), strict=True)
        ),
        "macro avg": dict(zip(each, (0.6666666666666666, 0.5, 0.5555555555555555, 3), strict=True)),
        "weighted avg": dict(
            zip(each, (1.0, 0.6666666666666666, 0.7777777777777777, 3), strict=True)
        ),
    }
    assert (
        ours.classification_report(y_true, y_pred, zero_division=0)
        == """\
              precision    recall  f1-score   support

           A       1.00      0.50      0.67         2
           B       1.00      1.00      1.00         1
           C       0.00      0.00      0.00         0

   micro avg       0.67      0.67      0.67         3
   macro avg       0.67      0.50      0.56         3
weighted avg       1.00      0.67      0.78         3
"""
    )


def test_weighted_averages_of_no_truth_and_odd_arguments():
    found = ours.precision_recall_fscore_support(
        [["O"]], [["O"]], average="weighted", scheme=schemes.IOB2, zero_division=0
    )
    assert found == (0.0, 0.0, 0.0, 0)
    for wrong in ({"beta": -0.1}, {"average": "mega"}):
        with pytest.raises(ValueError, match=r"beta|average"):
            ours.precision_recall_fscore_support([[]], [[]], scheme=schemes.IOB2, **wrong)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_short_sentence_has_seqevals_spans(scheme):
    """All sentences of three tokens: what seqeval's tests of its schemes are picked from."""
    letters = letters_of(scheme)
    tags = ["O", *(f"{letter}-{kind}" for letter in letters if letter != "O" for kind in "AB")]
    every = [[a, b, c] for a in tags for b in tags for c in tags]
    wanted = [
        (entity.sent_id, entity.start, entity.end, entity.tag)
        for sentence in schemes.Entities(every, getattr(schemes, scheme)).entities
        for entity in sentence
    ]
    assert found_by(every, scheme) == wanted


def test_every_short_sentence_has_seqevals_spans_by_default():
    tags = ["O", *(f"{letter}-{kind}" for letter in "BIESX." for kind in "AB")]
    every = [[a, b, c] for a in tags for b in tags for c in tags]
    assert ours_entities(every, False) == their_entities(every, False)
