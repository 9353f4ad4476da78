"""ScoreMeter: tensors of any kind, place and shape; the counts are those of the arrays."""

import math
import pickle
import sys

import numpy as np
import pytest
import tasks
from digits import digits
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from f1core import Accumulator, BestEpoch, F1Error, best_threshold, score

torch = pytest.importorskip("torch")

from away import Away, Elsewhere, tensor_of  # noqa: E402

from f1core.adapters.torch import ScoreMeter  # noqa: E402
from f1core.count_layout import ROWS as ROW_NUMBERS  # noqa: E402
from f1core.device.notes import NOTES  # noqa: E402


def meter_of(problem):
    options = {k: v for k, v in problem.options.items() if k != "task"}
    return ScoreMeter(problem.case.task, **options)


def tensors(problem):
    """Truth and prediction of a drawn problem, where both can be tensors."""
    true, pred = (tensor_of(a) for a in (problem.y_true, problem.y_pred))
    assume(true is not None and pred is not None)
    return true, pred


def counted(meter):
    meter._settle()
    return meter._own.counts


# ---- the law: tensors count as arrays do ---------------------------------------------------


@given(tasks.any_task())
def test_tensors_on_the_cpu_count_as_arrays(problem):
    true, pred = tensors(problem)
    meter = meter_of(problem)
    meter.update(pred, true, sample_weight=problem.weight)
    assert counted(meter) == problem.put_into(problem.accumulator()).counts


@given(tasks.any_task(), st.booleans())
def test_tensors_elsewhere_count_as_arrays(problem, truth_too):
    true, pred = tensors(problem)
    meter = meter_of(problem)
    with Elsewhere():
        true = Away(true) if truth_too else true
        meter.update(Away(pred), true, sample_weight=problem.weight)
        assert counted(meter) == problem.put_into(problem.accumulator()).counts


@given(tasks.any_task(), st.integers(1, 8))
def test_batches_here_and_there_mix(problem, size):
    true, pred = tensors(problem)
    meter = meter_of(problem)
    with Elsewhere():
        for i in range(0, len(problem), size):
            rows = slice(i, i + size)
            weight = None if problem.weight is None else problem.weight[rows]
            there = Away(pred[rows]) if i % (2 * size) else pred[rows]
            meter.update(there, true[rows], sample_weight=weight)
        found = meter.compute()
    np.testing.assert_allclose(
        list(found.to_dict().values()),
        list(problem.score(task=problem.case.task).to_dict().values()),
        atol=1e-12,
    )


# ---- what travels --------------------------------------------------------------------------

ROWS, CLASSES = 200, 50


@pytest.fixture
def there():
    with Elsewhere() as mode:
        yield mode


def random_scores(*shape, dtype=torch.float32):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("task", "options", "shape", "most"),
    [
        ("multiclass", {"classes": CLASSES}, (ROWS, CLASSES), CLASSES**2),
        ("multiclass", {}, (ROWS, CLASSES), CLASSES**2),
        ("multiclass", {"classes": 300, "confusion": False}, (ROWS, 300), 3 * 300),
        ("multiclass", {"classes": CLASSES, "top_k": 3}, (ROWS, CLASSES), 3 * CLASSES),
        ("binary", {"threshold": 0.3}, (ROWS,), 4),
        ("binary", {"from_logits": True}, (ROWS, 1), 4),
        ("multilabel", {}, (ROWS, CLASSES), 4 * CLASSES + ROW_NUMBERS),
        ("multilabel", {"threshold": [0.1, 0.9] * 25}, (ROWS, CLASSES), 4 * CLASSES + ROW_NUMBERS),
    ],
)
def test_nothing_travels_and_nothing_is_asked(there, task, options, shape, dtype, most):
    pred = random_scores(*shape, dtype=dtype)
    true = torch.arange(ROWS) % (2 if task == "binary" else CLASSES)
    if task == "multilabel":
        true = random_scores(*shape) > 0.5
    meter, expected = ScoreMeter(task, **options), Accumulator(task, **options)
    for _ in range(3):
        meter.update(Away(pred), Away(true))
        expected.update(true, pred)
    assert not there.sent and not there.asked
    assert meter.compute().to_dict() == expected.compute().to_dict()
    assert [len(each) for each in there.sent] == [most + NOTES]
    assert counted(meter) == expected.counts


def test_a_device_without_float64_leaves_rows_of_labels_to_the_host(there, monkeypatch):
    zeros = torch.zeros

    def none(*size, **how):
        if how.get("dtype") == torch.float64:
            raise TypeError("Cannot convert a MPS Tensor to float64")
        return zeros(*size, **how)

    monkeypatch.setattr(torch, "zeros", none)
    pred, true = random_scores(ROWS, 5), random_scores(ROWS, 5) > 0.5
    meter, expected = ScoreMeter("multilabel"), Accumulator("multilabel")
    meter.update(Away(pred), Away(true))
    expected.update(true, pred)
    assert meter.compute().to_dict() == expected.compute().to_dict()
    assert there.bytes == 2 * ROWS * 5


@pytest.mark.parametrize("check", ["later", "now"])
def test_rows_with_ids_or_weights_travel_as_ids_and_flags(there, check):
    true = torch.arange(ROWS) % CLASSES
    pred, weight = random_scores(ROWS, CLASSES), torch.arange(ROWS) / 7
    for more in ({"sample_id": np.arange(ROWS)}, {"sample_weight": weight}):
        there.sent.clear()
        meter = ScoreMeter("multiclass", classes=CLASSES, check=check)
        meter.update(Away(pred), true.numpy(), **more)
        expected = Accumulator("multiclass", classes=CLASSES)
        expected.update(true, pred, **more)
        assert meter.compute().to_dict() == expected.compute().to_dict()
        assert there.bytes == ROWS


@pytest.mark.parametrize("k", [1, 2, 3])
def test_of_tied_maxima_the_first_wins_here_and_there(there, k):
    pred = torch.tensor([[0.0, -0.0, 0.0, -1.0], [0.2, 0.5, 0.5, 0.5], [0.3, 0.1, 0.3, 0.1]] * 40)
    first = torch.tensor([0, 1, 0] * 40)
    for scores in (pred, Away(pred), Away(pred.bfloat16()), Away(pred.double())):
        meter = ScoreMeter("multiclass", classes=4, top_k=k)
        meter.update(scores, first)
        assert meter.compute().accuracy == 1.0
        assert counted(meter).per_class[1].tolist() == {
            1: [80, 40, 0, 0], 2: [80, 80, 80, 0], 3: [80, 120, 120, 40]
        }[k]  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_score_at_the_threshold_is_not_above_it(there, dtype):
    pred = torch.full((2,), 0.1, dtype=dtype)
    for scores in (pred, Away(pred)):
        meter = ScoreMeter("binary", threshold=0.1)
        meter.update(scores, [0, 1])
        assert meter.compute().binary.support == 1
        assert counted(meter).per_class[1].tolist() == [2, 0]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("task", ["binary", "multilabel"])
def test_a_hair_outside_of_0_and_1_counts_here_and_there(there, task, dtype):
    shape = (4,) if task == "binary" else (2, 2)
    scores = torch.tensor([-1e-3, 1 + 1e-3, 1.0, 0.25], dtype=dtype).reshape(shape)
    truth = np.reshape([0, 1, 1, 0], shape)
    for far in (None, -0.002, 1.01):
        if far is not None:
            scores.reshape(-1)[0] = far
        for pred in (scores, Away(scores)):
            meter = ScoreMeter(task, classes=2, check="now")
            if far is None:
                meter.update(pred, truth)
                assert meter.compute().to_dict()["f1_macro"] == 1.0
            else:
                with pytest.raises(F1Error, match="outside"):
                    meter.update(pred, truth)


def test_scores_with_a_gradient_or_in_inference_mode():
    weight = torch.rand(4, 3, requires_grad=True)
    meter = ScoreMeter("multiclass")
    meter.update(weight * 1, torch.tensor([0, 1, 2, 0]))
    with torch.inference_mode():
        meter.update(weight * 1, torch.tensor([0, 1, 2, 0]))
    assert meter.total == 8
    (weight * 1).sum().backward()
    assert weight.grad is not None


def test_views_and_subclasses():
    class Named(torch.Tensor):
        pass

    pred = random_scores(20, 6)
    true = torch.arange(20) % 3
    expected = score(true.numpy(), np.ascontiguousarray(pred[:, ::2].numpy())).to_dict()
    for view in (pred[:, ::2], pred.T[::2].T, pred[:, ::2].as_subclass(Named)):
        meter = ScoreMeter("multiclass")
        meter.update(view, true)
        assert meter.compute().to_dict() == expected
    meter = ScoreMeter("multiclass")
    meter.update(pred[:, ::2].bfloat16().as_subclass(Named).requires_grad_(), true)
    assert meter.total == 20


# ---- dense predictions ---------------------------------------------------------------------


@pytest.mark.parametrize("place", [torch.Tensor.contiguous, Away], ids=["here", "elsewhere"])
def test_classes_may_be_in_dimension_one(there, place):
    pred = random_scores(2, 5, 3, 4)
    flat = pred.permute(0, 2, 3, 1).reshape(-1, 5)
    ids = torch.arange(24) % 5
    onehot = torch.eye(5)[ids].reshape(2, 3, 4, 5).permute(0, 3, 1, 2)
    rows = flat.numpy()
    for task, p, t, expected in [
        ("multiclass", pred, ids.reshape(2, 3, 4), score(ids, rows)),
        ("multiclass", pred, onehot, score(ids, rows)),
        ("multiclass", pred.argmax(1), ids.reshape(2, 3, 4), score(ids, rows)),
        ("multilabel", pred, onehot, score(torch.eye(5)[ids], rows, task="multilabel")),
        ("binary", pred[:, 0], ids.reshape(2, 3, 4) % 2, score(ids % 2, rows[:, 0])),
        ("binary", pred[:, :1], ids.reshape(2, 3, 4) % 2, score(ids % 2, rows[:, 0])),
    ]:
        meter = ScoreMeter(task, classes=2 if task == "binary" else 5)
        meter.update(place(p), t)
        assert meter.compute().to_dict() == expected.to_dict()


def test_classes_elsewhere_are_refused_with_what_would_do():
    meter = ScoreMeter("multiclass", classes=5)
    with pytest.raises(
        F1Error, match=r"preds is \(2, 7, 5\) and target \(2, 7\).*movedim\(-1, 1\)"
    ):
        meter.update(torch.rand(2, 7, 5), torch.zeros(2, 7))
    with pytest.raises(F1Error, match=r"preds is \(2, 7, 5\) and target \(2, 8\).*reshape both"):
        meter.update(torch.rand(2, 7, 5), torch.zeros(2, 8))
    with pytest.raises(F1Error, match=r"target is \(2, 3, 4\)"):
        meter.update(np.zeros((2, 5, 3, 4)), np.zeros((2, 3, 4)))


# ---- what is refused -----------------------------------------------------------------------

NAN = torch.tensor([[0.2, 0.8], [0.5, float("nan")]])


@pytest.mark.parametrize("place", [torch.Tensor.contiguous, Away], ids=["here", "elsewhere"])
@pytest.mark.parametrize(
    ("task", "options", "pred", "true", "sentence"),
    [
        ("multiclass", {}, NAN, [0, 1], "preds is NaN at row 1"),
        ("multiclass", {"top_k": 2}, NAN, [0, 1], "preds is NaN at row 1"),
        ("multilabel", {}, NAN, [[0, 1]] * 2, "preds is NaN at row 1, column 1"),
        ("binary", {"from_logits": True}, NAN[:, 1], [0, 1], "preds is NaN at row 1"),
        ("binary", {}, torch.tensor([0.5, -1.5]), [0, 1],
         "preds is -1.5 at row 1, outside \\[0, 1\\]: if these are logits"),
        ("multiclass", {}, torch.rand(2, 3), [0, 3], "target is 3 at row 1, outside the 3 classes"),
        ("multiclass", {"classes": 4}, torch.rand(2, 3), [0, 1], "preds has 3 columns"),
        ("multiclass", {}, torch.rand(2, 3), [0, 1, 2], "target has 3 rows, preds has 2"),
        ("multilabel", {"threshold": [0.1, 0.2]}, torch.rand(2, 3), [[0, 1, 0]] * 2,
         "threshold has 2 values, preds has 3 columns"),
        ("binary", {}, torch.rand(2, 3), [0, 1], "preds is \\(2, 3\\) float32, a binary"),
        ("multiclass", {}, torch.tensor([0, 1]), torch.rand(2, 3),
         "the arguments look swapped, target is the truth"),
        ("multiclass", {}, torch.rand(()), [0], "preds is"),
    ],
)  # fmt: skip
def test_a_refused_batch_leaves_the_meter_as_it_was(
    there, place, task, options, pred, true, sentence
):
    meter = ScoreMeter(task, check="now", **options)
    with pytest.raises(F1Error, match=sentence):
        meter.update(place(pred), torch.as_tensor(true))
    assert meter.total == 0
    with pytest.raises(F1Error, match="no rows"):
        meter.compute()


@pytest.mark.parametrize(
    ("task", "options", "pred", "true", "sentence"),
    [
        ("multiclass", {}, NAN, [0, 1], "preds at row 1: a score is NaN"),
        ("multiclass", {"classes": 3}, torch.eye(3), [0, 3, 7], "target at row 1: it is none of"),
        ("multiclass", {"classes": [4, 6]}, torch.eye(2), [4, 5], r"the classes \(4, 6\)"),
        ("multiclass", {"classes": 2}, torch.tensor([0, 2]), [0, 1], "preds at row 1: it is none"),
        ("multiclass", {}, torch.eye(2), [[0, 1], [1, 1]], "target at row 1: it is not a one-hot"),
        ("binary", {}, torch.tensor([0.5, 1.5]), [0, 1], "preds at row 1: .* from_logits=True"),
        ("binary", {"from_logits": True}, torch.tensor([0.5, math.nan]), [0, 1], "a score is NaN;"),
        ("binary", {}, torch.tensor([0.5, 0.5]), [0, 2], "target at row 1: binary targets are 0"),
        ("multilabel", {}, torch.eye(2), [[0, 1], [1, 3]], "target at row 1: multilabel targets"),
        ("multilabel", {}, torch.eye(2).long() * 2, [[0, 1], [1, 0]], "preds at row 0: .* flags"),
    ],
)
def test_what_a_device_refuses_is_said_when_the_counts_are_asked_for(
    there, task, options, pred, true, sentence
):
    fine = torch.as_tensor(true)[:1], pred[:1]
    meter = ScoreMeter(task, **options)
    if "row 0" not in sentence:
        meter.update(Away(fine[1]), Away(fine[0]))
    meter.update(Away(pred), Away(torch.as_tensor(true)))
    wanted = (
        "row.? w.* refused, the first in update [12], " * ("row" in sentence) + ".*?" + sentence
    )
    for ask in (meter.compute, meter.sync, lambda: meter.total, lambda: pickle.dumps(meter)):
        with pytest.raises(F1Error, match=wanted):
            ask()
    assert "refused" in repr(meter)
    meter.reset()
    with pytest.raises(F1Error, match="no rows"):
        meter.compute()


def test_of_refused_rows_the_first_is_named(there):
    meter = ScoreMeter("multiclass", classes=3)
    for wrong in ([], [5, 2], [1]):
        true = torch.arange(9) % 3
        true[wrong] = 7
        meter.update(Away(torch.eye(3)[torch.arange(9) % 3]), Away(true))
    with pytest.raises(
        F1Error, match="3 rows were refused, the first in update 2, target at row 2"
    ):
        meter.compute()


@pytest.mark.parametrize(
    ("pred", "true", "sentence"),
    [
        (torch.rand(1, 3), [math.inf], r"target is inf at row 0, .*: labels are whole numbers"),
        (torch.eye(2), [[1, 0], [1, 1]], r"target at row 1 is \[1.0, 1.0\], not a one-hot row"),
        (torch.eye(2), [0.5, 1], r"target is 0.5 at row 0"),
        (torch.eye(2).bfloat16()[:, :, None], [0, 1], r"preds is \(2, 2, 1\)"),
    ],
)
def test_half_precision_and_infinity_in_sentences(pred, true, sentence):
    with pytest.raises(F1Error, match=sentence):
        ScoreMeter("multiclass").update(pred, torch.tensor(true).bfloat16())
    with pytest.raises(F1Error, match=r"preds is \(2, 7\) bfloat16, a binary task"):
        ScoreMeter("binary").update(torch.rand(2, 7).bfloat16(), torch.tensor([0, 1]))


def test_check_is_one_of_two_words():
    with pytest.raises(F1Error, match="check is 'never'"):
        ScoreMeter("binary", check="never")


def test_a_nan_in_an_ignored_row_is_not_looked_at(there):
    for scores in (NAN, Away(NAN)):
        meter = ScoreMeter("multiclass", ignore_index=-100)
        meter.update(scores, torch.tensor([1, -100]))
        assert meter.compute().accuracy == 1.0


def test_a_tensor_without_numbers_is_refused():
    with pytest.raises(F1Error, match="preds cannot be read as an array"):
        ScoreMeter("multiclass").update(torch.rand(4, 3, device="meta"), torch.zeros(4))


# ---- its life ------------------------------------------------------------------------------


def test_merge_reset_and_pickle():
    rng = np.random.default_rng(0)
    true, pred = rng.integers(0, 4, 90), rng.random((90, 4), np.float32)
    whole = ScoreMeter("multiclass", classes=4, beta=2.0)
    whole.update(torch.tensor(pred), torch.tensor(true))
    parts = [ScoreMeter("multiclass", classes=4, beta=2.0) for _ in range(3)]
    for i, part in enumerate(parts):
        part.update(torch.tensor(pred[i::3]), torch.tensor(true[i::3]))
    total = pickle.loads(pickle.dumps(parts[0]))
    for part in parts[1:]:
        total.merge(part)
    assert counted(total) == counted(whole)
    assert parts[0].total == 30
    assert repr(total) == "ScoreMeter('multiclass', 90 rows)"
    total.reset()
    assert total.total == 0
    with pytest.raises(F1Error, match="only a ScoreMeter can be merged"):
        total.merge(Accumulator("multiclass"))
    with pytest.raises(F1Error, match="beta is"):
        ScoreMeter("multiclass", classes=4).merge(whole)


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("how", [
    {"task": "binary"}, {"task": "binary", "bins": 4096}, {"task": "multilabel"},
    {"task": "multilabel", "average": "micro", "shared": True},
    {"task": "multiclass"}, {"task": "multiclass", "average": "mcc"},
])  # fmt: skip
def test_the_best_threshold_is_that_of_all_rows(how, there):
    rng = np.random.default_rng(0)
    shape = (300,) if how["task"] == "binary" else (300, 3)
    true = (rng.random(shape) < 0.2).astype(int)
    pred = (0.3 * true + 0.7 * rng.random(shape)).astype(np.float32)
    if how["task"] == "multiclass":
        pred /= pred.sum(axis=1, keepdims=True)
        true = true.argmax(axis=1)
    meter, other = (ScoreMeter(threshold="best", **how) for _ in range(2))
    with Elsewhere():
        for i, rows in enumerate(np.array_split(np.arange(300), 5)):
            p, y = torch.tensor(pred[rows]), torch.tensor(true[rows])
            (other if i % 2 else meter).update(Away(p) if there else p, Away(y) if there else y)
    assert meter.best is None
    total = pickle.loads(pickle.dumps(meter))
    total.merge(other)
    search = {name: value for name, value in how.items() if name != "bins"}
    best = best_threshold(true, pred, **search)
    found = total.sync().compute()
    assert found.to_dict() == pytest.approx(
        score(true, pred, task=how["task"], threshold=total.best.threshold).to_dict(), abs=1e-12
    )
    if "bins" in how:
        assert total.best.score <= best.score <= total.best.bound + 1e-12
    else:
        assert total.best.score == found.metric(best.metric) == best.score
    assert (meter.total, total.total) == (180, 300)
    assert repr(total) == f"ScoreMeter('{how['task']}', 300 rows)"
    meter.reset()
    assert meter.total == 0


@pytest.mark.parametrize("how", [{}, {"threshold": "best"}])
def test_columns_of_frames_are_those_of_their_names(how):
    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    true = (rng.random((50, 2)) < 0.4).astype(int)
    pred = pd.DataFrame(rng.random((50, 2)), columns=["p_b", "p_a"])
    options = {"task": "multilabel", "classes": ["a", "b"]}
    meter = ScoreMeter(**options, **how)
    meter.update(pred[:20], true[:20])
    meter.update(pred[20:], true[20:])
    best = best_threshold(true, pred, **options)
    cut = {"threshold": best.threshold} if how else {}
    assert meter.compute().to_dict() == score(true, pred, **options, **cut).to_dict()
    if how:
        assert np.array_equal(meter.best.threshold, best.threshold)
    with pytest.raises(F1Error, match="target and preds have the same index labels in another"):
        meter.update(pred, pd.DataFrame(true, columns=["b", "a"])[::-1])
    assert meter.total == 50


def test_a_meter_of_the_best_threshold_refuses_what_it_cannot_keep():
    meter = ScoreMeter("binary", threshold="best")
    meter.update(torch.tensor([0.1, 0.9]), torch.tensor([0, 1]))
    with pytest.raises(F1Error, match="preds is NaN"):
        meter.update(torch.tensor([0.1, math.nan]), torch.tensor([0, 1]))
    with pytest.raises(F1Error, match="sample_id is for rows that are counted"):
        meter.update(torch.tensor([0.1]), torch.tensor([0]), torch.tensor([7]))
    assert meter.compute().binary.f1 == 1.0
    for one, two in ((meter, ScoreMeter("binary")), (ScoreMeter("binary"), meter)):
        with pytest.raises(F1Error, match="one side has threshold='best'"):
            one.merge(two)


def test_rows_of_one_id_count_once():
    pred, true, ids = random_scores(7, 3), torch.arange(7) % 3, torch.arange(7)
    padded = torch.tensor([0, 1, 2, 3, 4, 5, 6, 0])  # as DistributedSampler fills up the last rank
    meter = ScoreMeter("multiclass", classes=3)
    for part in (padded[::2], padded[1::2]):
        meter.update(pred[part], true[part], ids[part])
    assert meter.total == 7
    assert meter.compute().to_dict() == score(true, pred).to_dict()


def test_without_ranks_sync_does_nothing():
    meter = ScoreMeter("binary")
    meter.update(torch.tensor([0.2, 0.7]), torch.tensor([0, 1]))
    assert meter.sync() is meter
    assert meter.sync().total == 2


def test_without_torch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [each for each in sys.modules if "f1core" in each and "torch" in each]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ImportError, match=r"^f1core.adapters.torch needs torch: pip install"):
        import f1core.adapters.torch  # noqa: F401


# ---- a training loop -----------------------------------------------------------------------


def test_a_loop_keeps_the_epoch_that_is_best():
    """A small network on digits: every epoch is scikit-learn's, the best weights are kept."""
    train, valid = digits()
    x, y = torch.tensor(train.x), torch.tensor(train.y)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.ReLU(), torch.nn.Linear(16, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    meter, best = ScoreMeter("multiclass", classes=10), BestEpoch(patience=3)
    theirs, kept = [], None
    for _epoch in range(30):
        for rows in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
        meter.reset()
        predicted = []
        with torch.no_grad():
            for xs, ys in zip(
                valid.x[::1].reshape(-1, 199, 64), valid.y.reshape(-1, 199), strict=True
            ):
                logits = model(torch.tensor(xs))
                meter.update(logits, torch.tensor(ys))
                predicted.append(logits.argmax(1))
        f1 = meter.compute().macro.f1
        theirs.append(f1_score(valid.y, torch.cat(predicted), average="macro"))
        assert f1 == pytest.approx(theirs[-1], abs=1e-12)
        if best.update(f1):
            kept = {name: value.clone() for name, value in model.state_dict().items()}
        if best.should_stop:
            break
    assert best.best_epoch == int(np.argmax(theirs))
    assert len(theirs) == best.best_epoch + 4 < 30
    model.load_state_dict(kept)
    with torch.no_grad():
        again = f1_score(valid.y, model(torch.tensor(valid.x)).argmax(1), average="macro")
    assert again == pytest.approx(max(theirs), abs=1e-12)
