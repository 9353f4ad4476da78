"""Spans of tags: each is right or wrong as a few lines of Python say, however batches are cut."""

# ruff: noqa: E501 - a row holds a whole case

from __future__ import annotations

import copy
import json
import pickle
import warnings
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import f1core
from f1core import Accumulator, F1Error, Scores
from f1core.adapters import seqeval
from f1core.adapters.seqeval import ScoreMeter
from f1core.cli import main

TAGS = ["O", "B-A", "I-A", "B-B", "I-B", "I-C"]
STRICT = {"mode": "strict", "scheme": "IOB2"}
RNG = np.random.default_rng(17)


@st.composite
def pairs(draw, tags=TAGS, most=8):
    """Sentences of true and predicted tags, which are often the same."""
    sentences = draw(
        st.lists(st.lists(st.tuples(st.sampled_from(tags), st.sampled_from(tags), st.booleans()),
                          max_size=9), max_size=most)
    )  # fmt: skip
    true = [[t for t, _, _ in sentence] for sentence in sentences]
    pred = [[t if same else p for t, p, same in sentence] for sentence in sentences]
    return true, pred


def noisy(sentences, seed=5, tokens=12, right=0.8):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, len(TAGS), (sentences, tokens))
    pred = np.where(rng.random(true.shape) < right, true, rng.integers(0, len(TAGS), true.shape))
    return [[[TAGS[i] for i in row] for row in side.tolist()] for side in (true, pred)]


def spans_of(tags):
    """IOB2's spans, read token by token: (type, start, end)."""
    found, start, kind = set(), None, None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and tag != f"I-{kind}":
            found.add((kind, start, i))
            start = None
        if tag.startswith("B-"):
            start, kind = i, tag[2:]
    return found


def sums_of(true, pred):
    """True positives, predicted and true spans of each type."""
    tp, predicted, truth = Counter(), Counter(), Counter()
    for t, p in zip(map(spans_of, true), map(spans_of, pred), strict=True):
        tp.update(kind for kind, *_ in t & p)
        truth.update(kind for kind, *_ in t)
        predicted.update(kind for kind, *_ in p)
    return tp, predicted, truth


def filled(true, pred, cuts=1, **options):
    """A meter that has got the sentences in so many batches."""
    meter = ScoreMeter(**options)
    for part in np.array_split(np.arange(len(true)), cuts):
        meter.update([true[i] for i in part], [pred[i] for i in part])
    return meter


@given(pairs())
def test_sums_are_those_of_spans_read_token_by_token(pair):
    meter = filled(*pair, **STRICT)
    tp, predicted, truth = sums_of(*pair)
    if not truth and not predicted:
        with pytest.raises(F1Error, match="no spans to score"):
            meter.compute()
        return
    s = meter.compute()
    assert s.classes == sorted(truth | predicted)
    assert s.per_class.support.tolist() == [truth[kind] for kind in s.classes]
    hits, under = tp.total(), predicted.total() + truth.total()
    assert s.micro.f1 == 2 * hits / under
    assert s.confusion[:-1].sum() == truth.total()
    assert s.confusion[:, :-1].sum() == predicted.total()
    assert s.confusion[:-1, :-1].trace() == hits
    assert s.confusion[-1, -1] == 0
    recall = [tp[kind] / truth[kind] if truth[kind] else 0.0 for kind in s.classes]
    assert s.per_class.recall.tolist() == recall
    assert s.macro.recall == pytest.approx(np.mean(recall))


@given(
    pairs(), st.integers(1, 4), st.integers(0, 8),
    st.sampled_from([{}, STRICT, {"classes": ["C", "B", "A"]}, {"resamples": 5}]),
)  # fmt: skip
def test_batches_and_merged_meters_are_the_whole(pair, cuts, at, options):
    true, pred = pair
    seeds = ({"seed": 1}, {"seed": 2}) if "resamples" in options else ({}, {})
    whole = filled(true, pred, **options, **seeds[0])
    assert filled(true, pred, cuts, **options, **seeds[0]) == whole
    a = filled(true[:at], pred[:at], **options, **seeds[0])
    b = filled(true[at:], pred[at:], **options, **seeds[1])
    both = a + b
    a.merge(b)
    assert a == both and a.total == whole.total
    if whole.total:
        assert both.compute().to_dict() == whole.compute().to_dict()


KEPT = [
    {}, {"suffix": True}, STRICT, {"classes": ["C", "B", "A"], "beta": 2.0},
    {"resamples": 4, "seed": 3, "average_over": ["A", "Z"]},
]  # fmt: skip


@given(pairs(), st.sampled_from(KEPT))
def test_states_pickles_and_copies_are_the_meter(tmp_path_factory, pair, options):
    path = tmp_path_factory.mktemp("states") / "spans.npz"
    true, pred = pair
    if "suffix" in options:
        true, pred = (
            [["-".join(tag.split("-")[::-1]) for tag in sentence] for sentence in side]
            for side in pair
        )
    meter = filled(true, pred, **options)
    meter.save(path)
    for other in (ScoreMeter.load(path), pickle.loads(pickle.dumps(meter)), copy.copy(meter)):
        assert other == meter and other.options == meter.options
        assert type(other) is ScoreMeter
        if "resamples" not in options:  # further rows of a copy are other ones
            other.update(true, pred)
            assert other == filled(true + true, pred + pred, **options)


def test_an_accumulator_reads_a_state_of_spans_and_adds_no_rows(tmp_path, capsys):
    true, pred = noisy(50)
    paths = [str(tmp_path / f"{i}.npz") for i in range(2)]
    filled(true[:20], pred[:20], classes=["A", "B", "C"]).save(paths[0])
    filled(true[20:], pred[20:], classes=["A", "B", "C"]).save(paths[1])
    whole = filled(true, pred).compute()
    loaded = Accumulator.load(paths[0]) + Accumulator.load(paths[1])
    assert loaded.compute().to_dict() == whole.to_dict()
    with pytest.raises(F1Error, match=r"ScoreMeter adds tags"):
        loaded.update(["A"], ["B"])
    assert main(["merge", *paths, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == whole.to_dict()
    assert main(["merge", *paths]) == 0
    assert "spans: 422 true, 413 predicted" in capsys.readouterr().out
    Accumulator("binary").save(tmp_path / "other.npz")
    with pytest.raises(F1Error, match=r"not of spans: f1core.Accumulator.load"):
        ScoreMeter.load(tmp_path / "other.npz")


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ({}, STRICT, "spans is 'default' here and 'IOB2' there"),
        ({}, {"suffix": True}, "spans is 'default' here and 'default suffix' there"),
        (STRICT, {**STRICT, "scheme": "IOE2"}, "'IOB2' here and 'IOE2' there"),
        ({"classes": ["A", "B"]}, {"classes": ["B", "A"]}, "classes is ('A', 'B') here"),
        ({"beta": 2.0}, {}, "beta is 2.0 here and 1.0 there"),
    ],
)
def test_meters_of_different_options_are_not_merged(one, other, says):
    with pytest.raises(F1Error) as error:
        ScoreMeter(**one) + ScoreMeter(**other)
    assert says in str(error.value)
    with pytest.raises(F1Error, match="spans is 'default' here and None there"):
        ScoreMeter().merge(Accumulator("multiclass"))


@given(pairs(most=5), st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_a_weight_is_how_often_a_sentence_is_there(pair, weights):
    true, pred = pair
    weights = weights[: len(true)]
    weighed = ScoreMeter()
    weighed.update(true, pred, sample_weight=np.array(weights, int))
    repeated = filled(
        [s for s, n in zip(true, weights, strict=True) for _ in range(n)],
        [s for s, n in zip(pred, weights, strict=True) for _ in range(n)],
    )
    assert weighed.total == repeated.total
    if repeated.total:
        assert weighed.compute().to_dict() == pytest.approx(repeated.compute().to_dict())


def test_there_may_be_more_tags_than_letters_before_the_surrogates():
    true = [[f"B-{i}"] for i in range(60_000)]
    pred = [*true[:50_000], *[["O"]] * 10_000]
    s = filled(true, pred).compute()
    assert s.micro.recall == 5 / 6 and s.micro.precision == 1.0 and len(s.classes) == 60_000


# ---- intervals -------------------------------------------------------------------------------


def test_resamples_draw_all_spans_of_a_sentence_together():
    true, pred = noisy(40)
    meter = filled(true, pred, cuts=3, resamples=60, seed=2)
    drawn = meter.counts.replicas.sums
    each = np.array([filled([t], [p], classes=["A", "B", "C"]).counts.per_class
                     for t, p in zip(true, pred, strict=True)])  # fmt: skip
    flat, wanted = each.reshape(len(each), -1), drawn.reshape(len(drawn), -1)
    times, *_ = np.linalg.lstsq(flat[:, :].T.astype(float), wanted.T.astype(float), rcond=None)
    # Whole sentences explain all resamples, in whole numbers where they can be told apart.
    np.testing.assert_allclose(flat.T @ times, wanted.T, atol=1e-6)
    lone = filled([["B-A", "B-A", "B-A"]] * 30, [["B-A", "B-A", "O"]] * 30, resamples=50, seed=4)
    tp, predicted, truth = lone.counts.replicas.sums[:, :, 0].T
    assert (3 * tp == 2 * truth).all() and (tp == predicted).all()
    assert len(set(truth.tolist())) > 5


def test_documents_are_drawn_whole_wherever_their_sentences_are():
    true, pred = noisy(60)
    documents = RNG.integers(0, 7, 60)
    whole = ScoreMeter(resamples=40)
    whole.update(true, pred, cluster=documents)
    parts = [ScoreMeter(resamples=40) for _ in range(2)]
    for i, (t, p) in enumerate(zip(true, pred, strict=True)):
        parts[i % 2].update([t], [p], cluster=[documents[i]])
    assert parts[0] + parts[1] == whole
    joined = [
        [[tag for i in np.flatnonzero(documents == d) for tag in [*side[i], "O"]] for d in range(7)]
        for side in (true, pred)
    ]
    one = ScoreMeter(resamples=40)
    one.update(*joined, cluster=range(7))
    assert one == whole
    with pytest.raises(F1Error, match="cluster"):
        whole.update(true, pred)


def test_intervals_of_sentences_are_wider_where_their_spans_go_together():
    rng = np.random.default_rng(3)
    right = rng.random(80) < 0.7
    true = [["B-A", "B-B"] * 6] * 80
    pred = [["B-A", "B-B"] * 6 if good else ["O"] * 12 for good in right]
    plain = filled(true, pred).compute()
    drawn = filled(true, pred, resamples=400, seed=1).compute()
    for metric in ("f1_micro", "recall_micro", "f1_macro", "f1_weighted"):
        ends = [s.interval(metric) for s in (plain, drawn)]
        assert all(low < plain.metric(metric) < high for low, high in ends)
        (low, high), (lower, higher) = ends
        assert higher - lower > 2 * (high - low)
    assert drawn.interval("recall", of="A")[0] < plain.interval("recall", of="A")[0]


@pytest.mark.parametrize("method", ["auto", "bootstrap", "delta"])
def test_intervals_hold_the_metric(method):
    s = filled(*noisy(100)).compute()
    for metric in s.to_dict():
        low, high = s.interval(metric, method=method)
        assert 0 <= low < s.metric(metric) < high <= 1
    for kind, value in zip(s.classes, s.per_class.f1, strict=True):
        low, high = s.interval("f1", of=kind, method=method)
        assert low < value < high


def test_weighted_spans_need_resamples():
    for options in ({}, {"resamples": 50, "seed": 0}):
        meter = ScoreMeter(**options)
        meter.update(*noisy(40), sample_weight=RNG.random(40))
        s = meter.compute()
        if options:
            low, high = s.interval("f1_micro")
            assert low < s.micro.f1 < high
        else:
            with pytest.raises(F1Error, match=r"ScoreMeter\(…, resamples=200\) keeps"):
                s.interval("f1_micro")


# ---- what there is, and what is refused ------------------------------------------------------


def test_what_needs_spans_that_are_nowhere_is_refused_or_nan():
    s = filled(*noisy(30)).compute()
    for name in ("accuracy", "exact_match", "hamming_loss", "balanced_accuracy", "mcc", "kappa"):
        with pytest.raises(F1Error, match="rightly left out"):
            getattr(s, name)
        with pytest.raises(F1Error, match="metric is"):
            s.interval(name)
    assert np.isnan(s.per_class.specificity).all() and np.isnan(s.macro.specificity)
    assert not [key for key in s.to_dict() if "specificity" in key]
    for refused in (
        lambda: s.binary, lambda: s.samples, lambda: s.metric("specificity_macro"),
        lambda: s.interval("specificity", of="A"), lambda: s.interval("f1", of="\U0010ffff"),
        lambda: s.interval("f1"),
    ):  # fmt: skip
        with pytest.raises(F1Error):
            refused()


def test_it_looks_like_spans():
    s = filled([["B-A", "O", "B-B"]], [["B-A", "O", "O"]]).compute()
    assert s.task == "spans"
    assert repr(s) == "Scores(spans: 2 true, 1 predicted, f1_micro=0.6667)"
    assert str(s).splitlines()[0] == "spans: 2 true, 1 predicted"
    assert "\U0010ffff" not in str(s) + s._repr_html_() + repr(s.classes)
    assert s.confusion.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert repr(ScoreMeter(**STRICT)) == "ScoreMeter('IOB2', 0 spans)"
    assert isinstance(pickle.loads(pickle.dumps(s)), Scores)


def test_the_matrix_is_drawn_with_no_span():
    plots = pytest.importorskip("f1core.plots")
    pytest.importorskip("matplotlib").use("Agg")
    ax = plots.confusion(filled(*noisy(20)).compute())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["A", "B", "C", "no span"]
    assert plots.per_class(filled(*noisy(20)).compute()) is not None
    import matplotlib.pyplot as plt

    plt.close("all")


def test_given_types_keep_their_order_and_averages_are_over_those_present():
    true, pred = [["B-B", "B-A"]], [["B-B", "O"]]
    s = filled(true, pred, classes=["C", "B", "A"]).compute()
    assert s.classes == ["C", "B", "A"] and s.per_class.support.tolist() == [0, 1, 1]
    assert s.macro.recall == 0.5
    assert (
        filled(true, pred, average_over="all", classes=["C", "B", "A"]).compute().macro.recall
        == 1 / 3
    )
    assert filled(true, pred, average_over=["B"]).compute().macro.recall == 1.0
    assert filled(true, pred, average_over=["B", "C"]).compute().macro.recall == 0.5


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: seqeval.f1_score(["B-A"], ["B-A"]), "y_true holds 'B-A' as sentence 0; give a list"),
        (lambda: seqeval.f1_score("B-A", "B-A"), "y_true is 'B-A'; give a list of sentences"),
        (lambda: seqeval.f1_score(3, 3), "y_true is 3; give a list of sentences"),
        (lambda: seqeval.f1_score([], []), "y_true and y_pred are empty"),
        (lambda: seqeval.f1_score([[["B-A"]]], [[["B-A"]]]), "y_true holds ['B-A'] in sentence 0"),
        (lambda: seqeval.f1_score([["B-A"]], [[["B-A"]]]), "y_pred holds ['B-A'] in sentence 0"),
        (lambda: seqeval.f1_score([["O"], ["O", 3]], [["O"], ["O", "O"]]), "y_true holds 3 in sentence 1"),
        (lambda: seqeval.f1_score([["O"]], [[None]]), "y_pred holds None in sentence 0"),
        (lambda: seqeval.f1_score([[""]], [["O"]]), "y_true holds '' in sentence 0"),
        (lambda: seqeval.f1_score([["O"]], [["O"], ["O"]]), "y_true has 1 sentences, y_pred has 2"),
        (lambda: seqeval.f1_score([["O"], ["O"]], [["O"], ["O", "O"]]), "y_true has 1 tags in sentence 1, y_pred has 2"),
        (lambda: seqeval.f1_score([["E-A"]], [["O"]], **STRICT), "y_true holds 'E-A', which IOB2 has not: its tags begin with I, O, B"),
        (lambda: seqeval.f1_score([["O"]], [["X"]], **STRICT), "y_pred holds 'X', which IOB2 has not"),
        (lambda: seqeval.f1_score([["A-O"]], [["A-E"]], **STRICT, suffix=True), "its tags end with"),
        (lambda: seqeval.f1_score([["O"]], [["O"]], mode="strict", scheme="IOB"), "scheme is 'IOB'; use one of 'IOB1'"),
        (lambda: seqeval.f1_score([["O"]], [["O"]], mode="strict", scheme=dict), "scheme is <class 'dict'>"),
        (lambda: seqeval.f1_score([["O"]], [["O"]], mode="Strict"), "mode is 'Strict'"),
        (lambda: seqeval.f1_score([["O"]], [["O"]], average="samples"), "average is 'samples'; use one of None"),
        (lambda: seqeval.f1_score([["O"]], [["O"]], zero_division=2), "zero_division is 2; use 'warn', 0 or 1"),
        (lambda: seqeval.f1_score([["O"]], [["O"]], suffix=1), "suffix is 1; use True or False"),
        (lambda: seqeval.classification_report([["O", "B-A", "E-A", "I-A", "U-A"]], [["O"] * 5], mode="strict"), "no scheme has just the letters B, E, I, O, U"),
        (lambda: seqeval.accuracy_score([], []), "there are no tokens"),
        (lambda: seqeval.accuracy_score(["O"], ["O", "O"]), "1 tags in sentence 0, y_pred has 2"),
        (lambda: seqeval.performance_measure([1], [1]), "y_true holds 1 as sentence 0"),
        (lambda: ScoreMeter(mode="strict"), "mode='strict' needs a scheme"),
        (lambda: ScoreMeter(scheme="IOB2"), "scheme is for mode='strict'"),
        (lambda: ScoreMeter(threshold=0.3), "ScoreMeter has no option threshold="),
        (lambda: ScoreMeter(classes=3), "classes is 3; name the types of spans"),
        (lambda: ScoreMeter(classes=[1, 2]), "classes is [1, 2]; name the types of spans"),
        (lambda: ScoreMeter(seed=3), "seed=3 is for resamples"),
        (lambda: ScoreMeter().compute(), "there are no spans to score"),
        (lambda: ScoreMeter().update([["O"]], [["O"]], cluster=[1]), "cluster needs resamples"),
        (lambda: f1core.score([0, 1], [0, 1], task="spans"), "task is 'spans'"),
        (lambda: f1core.score([0, 1], [0, 1], spans="IOB2"), "score has no option spans="),
    ],
)  # fmt: skip
def test_bad_input_gets_a_sentence(call, says):
    with pytest.raises(F1Error) as error:
        call()
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"y_pred": [["B-Z", "O"], ["O"]]}, "y_pred has a span of type 'Z', which is none of"),
        ({"sample_weight": [1.0]}, "sample_weight is (1,) float64, there are 2 sentences"),
        ({"sample_weight": [1.0, -1.0]}, "sample_weight is -1 at sentence 1"),
        ({"sample_weight": ["a", "b"]}, "one number a sentence"),
        ({"cluster": [1]}, "cluster is (1,)"),
        ({"cluster": [1, -1]}, "cluster is -1"),
        ({"y_true": [["B-A"], ["O"]]}, "1 tags in sentence 0, y_pred has 2"),
    ],
)
def test_a_refused_batch_leaves_the_meter_as_it_was(given, says):
    meter = ScoreMeter(["A", "B"], resamples=5, seed=1)
    batch = {"y_true": [["B-A", "O"], ["O"]], "y_pred": [["B-A", "O"], ["B-B"]]}
    meter.update(batch["y_true"], batch["y_pred"])
    before = copy.copy(meter)
    with pytest.raises(F1Error) as error:
        meter.update(**{**batch, **given})
    assert says in str(error.value)
    assert meter == before
    meter.update(**batch)
    assert meter == filled(*([*side, *side] for side in batch.values()), classes=["A", "B"],
                           resamples=5, seed=1)  # fmt: skip


def test_what_changes_nothing_is_said():
    y = [["B-A"]]
    for options, says in (
        ({"sample_weight": [2]}, "sample_weight changes nothing"),
        ({"scheme": "IOB2"}, "scheme changes nothing without mode='strict'"),
        ({"mode": "strict"}, "mode='strict' changes nothing without a scheme"),
    ):
        with pytest.warns(UserWarning, match=says) as caught:
            assert seqeval.f1_score(y, y, **options) == 1.0
        assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="PER seems not to be NE tag") as caught:
        ScoreMeter().update([["PER"]], [["O"]])
    assert len(caught) == 1 and caught[0].filename == __file__


def test_nothing_needs_seqeval_or_scikit_learn(monkeypatch):
    import sys

    for name in ("seqeval", "sklearn", "sklearn.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert seqeval.f1_score([["O"]], [["O"]]) == 0.0
    assert [each.category for each in caught] == [UserWarning]


def test_tables_and_the_most_confused_know_no_span():
    true, pred = [["B-A", "B-A", "B-B", "O"]], [["B-B", "O", "O", "B-B"]]
    s = filled(true, pred).compute()
    assert [tuple(cell[:3]) for cell in s.most_confused(9)] == [
        ("A", "B", 1), ("A", None, 1), ("B", None, 1), (None, "B", 1)
    ]  # fmt: skip
    assert [cell.share for cell in s.most_confused(9)] == [0.5, 0.5, 1.0, 1.0]
    told = json.loads(json.dumps(s.to_dict(per_class=True)))
    assert told["task"] == "spans" and told["threshold"] is None and told["classes"] == ["A", "B"]
    assert told["per_class"]["tp"] == [0, 0] and told["per_class"]["fn"] == [2, 1]
    assert told["per_class"]["fp"] == [0, 2] and told["per_class"]["tn"] == [None, None]
    assert told["per_class"]["specificity"] == [None, None]
    assert np.shape(told["confusion"]) == (3, 3)
    drawn = filled(*noisy(9), resamples=5, seed=0).compute()
    assert all(cell.interval is None for cell in drawn.most_confused(2))
    for kind in ("pandas", "polars"):
        pytest.importorskip(kind)
        frame = s.to_frame(kind)
        assert list(frame["class"])[:2] == ["A", "B"] and list(frame["fn"])[:2] == [2, 1]
