"""Transformers' Trainer: every epoch is scikit-learn's number, and the best checkpoint its best."""

from __future__ import annotations

import pickle
import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("sklearn")

import tasks  # noqa: E402
from away import Away, Elsewhere, tensor_of  # noqa: E402
from hypothesis import assume, given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from sklearn.metrics import (  # noqa: E402
    accuracy_score,
    f1_score,
    precision_score,
    recall_score,
)

from f1core import F1Error  # noqa: E402
from f1core.adapters.transformers import make_compute_metrics  # noqa: E402
from f1core.device import torch_reader  # noqa: E402

pytestmark = [
    # torch.utils.data and accelerate say on a machine without a GPU that there is none.
    pytest.mark.filterwarnings("ignore:'pin_memory' argument is set as true"),
]
WORDS, PADDING, IGNORED = 20, 0, -100
CLASSES = 4


@pytest.fixture(autouse=True)
def one_thread():
    """These nets are too small for two threads to pay."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Rows(torch.utils.data.Dataset):
    """Sequences of random words of 3 to 12 tokens, with labels that depend on them."""

    def __init__(self, count, seed, label):
        rng = np.random.default_rng(seed)
        self.rows = []
        for length in rng.integers(3, 13, count):
            words = rng.integers(1, WORDS, length)
            self.rows.append({"input_ids": words.tolist(), "labels": label(words)})

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def padded(rows):
    """A batch as long as its longest row; labels of words are padded with -100."""
    longest = max(len(row["input_ids"]) for row in rows)

    def filled(values, with_what):
        return [*values, *[with_what] * (longest - len(values))]

    labels = [row["labels"] for row in rows]
    words = np.ndim(rows[0]["labels"]) == 1 and isinstance(rows[0]["labels"], list)
    if words:
        labels = [filled(label, IGNORED) for label in labels]
    return {
        "input_ids": torch.tensor([filled(row["input_ids"], PADDING) for row in rows]),
        "attention_mask": torch.tensor([filled([1] * len(row["input_ids"]), 0) for row in rows]),
        "labels": torch.tensor(np.array(labels)),
    }


def most_frequent(words):
    return int(np.bincount(words % CLASSES, minlength=CLASSES).argmax())


def frequent_flag(words):
    return int((words % CLASSES == 1).sum() > 1)


SPAN_TAGS = ["O", "B-A", "I-A", "B-B"]


def tags_of(words):
    """A and B begin by the word's remainder, A goes on where the next word is larger."""
    begins = np.array([0, 1, 3, 0])[words % 4]
    goes_on = np.append(False, (begins[:-1] == 1) & (words[1:] > words[:-1]))
    return [IGNORED, *np.where(goes_on, 2, begins)[1:].tolist()]


def float_flag(words):
    return np.float32([frequent_flag(words)])


def which_occur(words):
    return (np.bincount(words % CLASSES, minlength=CLASSES) > 1).astype(np.float32)


def of_each_word(words):
    """The class of the word before; -100 for the first, as for the pieces of a split word."""
    return [IGNORED, *(words[:-1] % CLASSES).tolist()]


def small(kind, **config):
    """A tiny Bert with random weights."""
    transformers.set_seed(0)
    config = transformers.BertConfig(
        vocab_size=WORDS, hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=16, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, **config,
    )  # fmt: skip
    return getattr(transformers, f"BertFor{kind}Classification")(config)


class Witness(transformers.TrainerCallback):
    """Predicts with the model as it is after each evaluation."""

    def __init__(self):
        self.logged, self.predicted = [], []

    def on_evaluate(self, args, state, control, metrics, **_):
        self.logged.append(metrics)
        pairs = []
        self.model.eval()
        for batch in self.loader:
            with torch.no_grad():
                logits = self.model(**{k: v for k, v in batch.items() if k != "labels"}).logits
            pairs.append((logits.numpy(), batch["labels"].numpy()))
        self.model.train()
        self.predicted.append(pairs)


def trained(tmp_path, model, label, compute_metrics, epochs=4, callbacks=(), **arguments):
    """A trainer that has trained, and what a witness saw after each epoch."""
    preprocess = arguments.pop("preprocess_logits_for_metrics", None)
    settings = {
        "output_dir": str(tmp_path), "num_train_epochs": epochs, "learning_rate": 3e-3,
        "per_device_train_batch_size": 32, "per_device_eval_batch_size": 24,
        "eval_strategy": "epoch", "save_strategy": "epoch", "report_to": [], "use_cpu": True,
        "disable_tqdm": True, "logging_strategy": "no", "seed": 0, "lr_scheduler_type": "constant",
    }  # fmt: skip
    valid, witness = Rows(150, 1, label), Witness()
    witness.model = model
    witness.loader = torch.utils.data.DataLoader(valid, 24, collate_fn=padded)
    trainer = transformers.Trainer(
        model,
        transformers.TrainingArguments(**{**settings, **arguments}),
        data_collator=padded,
        train_dataset=Rows(320, 0, label),
        eval_dataset=valid,
        compute_metrics=compute_metrics,
        callbacks=[witness, *callbacks],
        preprocess_logits_for_metrics=preprocess,
    )
    trainer.train()
    return trainer, witness


def flat(pairs):
    """The rows, or words, that count: (n, C) logits and (n,) labels."""
    logits = [pred.reshape(-1, pred.shape[-1]) for pred, _ in pairs]
    labels = [true.reshape(len(one), -1).squeeze(1) if true.size == len(one) else true
              for one, (_, true) in zip(logits, pairs, strict=True)]  # fmt: skip
    logits, labels = np.concatenate(logits), np.concatenate(labels)
    kept = (labels != IGNORED) if labels.ndim == 1 else np.ones(len(labels), bool)
    return logits[kept], labels[kept]


BATCHES = [{}, {"batch_eval_metrics": True}, {"eval_do_concat_batches": False}]
MULTI = {"num_labels": CLASSES}
SEVERAL = {"num_labels": CLASSES, "problem_type": "multi_label_classification"}
ONE = {"num_labels": 1, "problem_type": "multi_label_classification"}
CASES = {
    "rows": ("Sequence", MULTI, most_frequent, {"task": "multiclass", "classes": CLASSES}),
    "words": ("Token", MULTI, of_each_word, {"task": "multiclass", "average": "weighted"}),
    "labels": ("Sequence", SEVERAL, which_occur, {"task": "multilabel", "average": "samples"}),
    "two columns": ("Sequence", {"num_labels": 2}, frequent_flag, {"task": "binary"}),
    "one column": ("Sequence", ONE, float_flag, {"task": "binary"}),
    "cut": ("Sequence", {"num_labels": 2}, frequent_flag, {"task": "binary", "threshold": 0.2}),
}


@pytest.mark.parametrize("arguments", BATCHES, ids=["whole", "batches", "list"])
@pytest.mark.parametrize("case", list(CASES))
def test_each_epoch_is_scikit_learns(tmp_path, case, arguments):
    kind, config, label, options = CASES[case]
    made = make_compute_metrics(**options)
    _, witness = trained(tmp_path, small(kind, **config), label, made, 3, **arguments)
    average = options.get("average", "binary" if options["task"] == "binary" else "macro")
    found = []
    for logged, pairs in zip(witness.logged, witness.predicted, strict=True):
        logits, true = flat(pairs)
        if options["task"] == "multiclass":
            pred = logits.argmax(axis=1)
        elif config["num_labels"] == 2:
            p = torch.tensor(logits).softmax(dim=1).numpy()[:, 1]
            pred = p > options.get("threshold", 0.5)
        else:
            pred = (logits > 0).reshape(true.shape)
        for name, function in (
            ("f1", f1_score), ("precision", precision_score), ("recall", recall_score),
        ):  # fmt: skip
            expected = function(true, pred, average=average, zero_division=0)
            assert logged[f"eval_{name}"] == pytest.approx(expected, abs=1e-6)
            assert type(logged[f"eval_{name}"]) is float
        assert logged["eval_accuracy"] == pytest.approx(accuracy_score(true, pred))
        found.append(logged["eval_f1"])
    assert len(found) == 3 and len(set(found)) > 1


@pytest.mark.parametrize("arguments", BATCHES[:2], ids=["whole", "batches"])
def test_class_ids_may_stand_for_logits(tmp_path, arguments):
    made = make_compute_metrics(task="multiclass", per_class=True)
    _, witness = trained(
        tmp_path, small("Token", **MULTI), of_each_word, made, 2, **arguments,
        preprocess_logits_for_metrics=lambda logits, labels: logits.argmax(dim=-1),
    )  # fmt: skip
    for logged, pairs in zip(witness.logged, witness.predicted, strict=True):
        logits, true = flat(pairs)
        pred = logits.argmax(axis=1)
        assert logged["eval_f1"] == pytest.approx(f1_score(true, pred, average="macro"))
        each = [logged[f"eval_recall_{i}"] for i in range(CLASSES)]
        assert each == pytest.approx(recall_score(true, pred, average=None, zero_division=0))


@pytest.mark.parametrize("arguments", BATCHES[:2], ids=["whole", "batches"])
def test_the_best_checkpoint_is_what_scikit_learn_calls_best(tmp_path, arguments):
    trainer, witness = trained(
        tmp_path, small("Sequence", **MULTI), most_frequent,
        make_compute_metrics(task="multiclass"), 30,
        [transformers.EarlyStoppingCallback(early_stopping_patience=3)], learning_rate=1e-2,
        load_best_model_at_end=True, metric_for_best_model="f1", **arguments,
    )  # fmt: skip
    scores = []
    for pairs in witness.predicted:
        logits, true = flat(pairs)
        scores.append(f1_score(true, logits.argmax(axis=1), average="macro"))
    best = int(np.argmax(scores))
    assert 0 < best == len(scores) - 4 < 26  # stopped three epochs after it
    assert trainer.state.best_metric == pytest.approx(scores[best])
    assert trainer.state.best_model_checkpoint.endswith(f"checkpoint-{(best + 1) * 10}")
    if arguments:
        return
    found = trainer.predict(trainer.eval_dataset)  # with the weights that were loaded again
    assert np.argmax(found.predictions, axis=1).tolist() == (
        flat(witness.predicted[best])[0].argmax(axis=1).tolist()
    )
    assert found.metrics["test_f1"] == pytest.approx(scores[best])


@pytest.mark.parametrize("arguments", BATCHES, ids=["whole", "batches", "list"])
@pytest.mark.parametrize("scheme", [None, "IOB2"])
def test_each_epoch_has_seqevals_spans(tmp_path, arguments, scheme):
    metrics = pytest.importorskip("seqeval.metrics")
    schemes = pytest.importorskip("seqeval.scheme")
    names = dict(enumerate(SPAN_TAGS))
    strict = {} if scheme is None else {"mode": "strict", "scheme": scheme}
    made = make_compute_metrics(task="spans", labels=names, per_class=True, **strict)
    model = small("Token", num_labels=4, id2label=names)
    trainer, witness = trained(
        tmp_path, model, tags_of, made, 4, **arguments, metric_for_best_model="f1",
        load_best_model_at_end=True,
    )  # fmt: skip
    how = strict if scheme is None else {**strict, "scheme": getattr(schemes, scheme)}
    found = []
    for logged, pairs in zip(witness.logged, witness.predicted, strict=True):
        true, pred = [], []
        for logits, labels in pairs:
            for ids, each in zip(logits.argmax(axis=2), labels, strict=True):
                kept = each != IGNORED
                true.append([SPAN_TAGS[i] for i in each[kept]])
                pred.append([SPAN_TAGS[i] for i in ids[kept]])
        for name in ("f1", "precision", "recall"):
            function = getattr(metrics, f"{name}_score")
            value = function(true, pred, zero_division=0, **how)
            assert logged[f"eval_{name}"] == pytest.approx(value, abs=1e-12)
            values = function(true, pred, zero_division=0, average=None, **how)
            assert [logged[f"eval_{name}_{kind}"] for kind in "AB"] == pytest.approx(
                values.tolist()
            )
        assert logged["eval_accuracy"] == metrics.accuracy_score(true, pred)
        found.append(logged["eval_f1"])
    assert len(set(found)) > 1 and max(found) > 0.3
    assert trainer.state.best_metric == max(found)


def test_rare_positives_that_nothing_finds_count_as_zero(tmp_path):
    def rare(words):
        return int(words[:3].sum() < 12)

    model = small("Sequence", num_labels=2)
    model.classifier.bias.data = torch.tensor([2.0, -2.0])
    trainer, witness = trained(
        tmp_path, model, rare, make_compute_metrics(task="binary"), 9,
        [transformers.EarlyStoppingCallback(early_stopping_patience=2)], learning_rate=1e-6,
        load_best_model_at_end=True, metric_for_best_model="f1",
    )  # fmt: skip
    scores = [f1_score(true, logits.argmax(axis=1), zero_division=0)
              for logits, true in map(flat, witness.predicted)]  # fmt: skip
    assert [logged["eval_f1"] for logged in witness.logged] == scores == [0.0] * 3
    assert trainer.state.best_metric == 0.0


# ---- batches on a device -------------------------------------------------------------------


@pytest.mark.parametrize("case", ["rows", "words", "labels", "two columns", "one column"])
def test_a_trainer_s_batches_are_counted_where_they_lie(tmp_path, monkeypatch, case):
    monkeypatch.setattr(torch_reader, "EVERYWHERE", True)
    kind, config, label, options = CASES[case]
    made = make_compute_metrics(**options)
    _, witness = trained(
        tmp_path, small(kind, **config), label, made, 1, batch_eval_metrics=True
    )  # fmt: skip
    whole = make_compute_metrics(**options)
    monkeypatch.setattr(torch_reader, "EVERYWHERE", False)
    for logged, pairs in zip(witness.logged, witness.predicted, strict=True):
        logits, true = flat(pairs)
        expected = whole((logits, true))
        assert {key: logged[f"eval_{key}"] for key in expected} == expected


@given(tasks.any_task(), st.integers(1, 30), st.booleans())
def test_batches_on_a_device_give_what_arrays_give(problem, size, several):
    true, pred = tensor_of(problem.y_true), tensor_of(problem.y_pred)
    assume(true is not None and pred is not None and "samples" not in str(problem.options))
    options = problem.options | {"task": problem.case.task}
    options.pop("average_over", None)
    options.setdefault("ignore_index", None)
    try:
        expected = make_compute_metrics(**options)((problem.y_pred, problem.y_true))
    except F1Error:
        assume(False)
    made = make_compute_metrics(**options, output=int(several))
    with Elsewhere():
        for i in range(0, len(problem), size):
            part, truth = Away(pred[i : i + size]), Away(true[i : i + size])
            given_ = (truth, part) if several else part
            found = made((given_, truth), compute_result=i + size >= len(problem))
    assert found == expected


@pytest.mark.parametrize(
    ("options", "pred", "true"),
    [
        ({"task": "multiclass"}, torch.randn(6, 5, CLASSES), torch.randint(-1, CLASSES, (6, 5))),
        ({"task": "multiclass", "classes": CLASSES}, torch.randint(0, CLASSES, (6, 5)),
         torch.randint(0, CLASSES, (6, 5))),
        ({"task": "multilabel"}, torch.randn(6, 5), torch.randint(0, 2, (6, 5))),
        ({"task": "multilabel"}, torch.randint(0, 2, (6, 5)), torch.randint(0, 2, (6, 5))),
        ({"task": "binary"}, torch.randn(40, 2), torch.randint(0, 2, (40,))),
        ({"task": "binary"}, torch.randn(40, 2).half(), torch.randint(0, 2, (40,))),
        ({"task": "binary", "threshold": 0.3}, torch.randn(40, 2).bfloat16(),
         torch.randint(0, 2, (40,))),
        ({"task": "binary"}, torch.randint(0, 2, (40,)), torch.randint(0, 2, (40,))),
        ({"task": "binary"}, torch.randint(0, 2, (40,)).bool(), torch.randint(0, 2, (40,))),
    ],
)  # fmt: skip
def test_nothing_but_counts_leaves_a_device(options, pred, true):
    true = torch.where(true == -1, IGNORED, true)
    expected = make_compute_metrics(**options)((pred.float() if pred.dtype == torch.bfloat16 else
                                                pred, true))  # fmt: skip
    made = make_compute_metrics(**options)
    with Elsewhere() as there:
        for part in (slice(0, 2), slice(2, 3)):
            assert made((Away(pred[part]), Away(true[part])), compute_result=False) == {}
        assert not there.sent and not there.asked
        found = made((Away(pred[3:]), Away(true[3:])), compute_result=True)
        assert found == expected and len(there.sent) == 1


@pytest.mark.parametrize("logits", [True, False])
def test_the_first_label_may_be_the_positive_one_on_a_device(logits):
    pred, true = torch.rand(40, 2), torch.arange(40) % 3 % 2
    made = make_compute_metrics(task="binary", pos_label=0, from_logits=logits)
    expected = made((pred, true))
    with Elsewhere():
        made((Away(pred[:30]), Away(true[:30])), compute_result=False)
        assert made((Away(pred[30:]), Away(true[30:])), compute_result=True) == expected


def test_what_a_device_refuses_is_raised_with_the_last_batch_and_forgets_all():
    logits, true = torch.tensor(LOGITS), torch.tensor(TRUE)
    made = make_compute_metrics(task="multiclass")
    with Elsewhere():
        made((Away(logits), Away(true)), compute_result=False)
        made((Away(logits * torch.nan), Away(true)), compute_result=False)
        with pytest.raises(
            F1Error, match=r"30 rows were refused.* in update 2, predictions at row"
        ):
            made((Away(logits), Away(true)), compute_result=True)
        assert made((Away(logits), Away(true)), compute_result=True)["f1"] == pytest.approx(F1)
        made((Away(logits[:3]), Away(true[:3] * 0)), compute_result=False)
        with pytest.raises(F1Error, match=r"predictions are \(30, 4\)"):
            made((Away(logits), Away(true[:4])), compute_result=False)
        assert made((Away(logits), Away(true)))["f1"] == pytest.approx(F1)
        made((Away(logits), Away(true)), compute_result=False)
        again = pickle.loads(pickle.dumps(made))
    assert again((logits[:0], true[:0]), compute_result=True)["f1"] == pytest.approx(F1)


# ---- without a trainer -------------------------------------------------------------------

RNG = np.random.default_rng(0)
LOGITS, TRUE = RNG.normal(size=(30, CLASSES)).astype(np.float32), RNG.integers(0, CLASSES, 30)
F1 = f1_score(TRUE, LOGITS.argmax(axis=1), average="macro")


def test_batches_add_up_and_the_last_one_starts_anew():
    made = make_compute_metrics(task="multiclass")
    for dtype in (torch.float32, torch.float64, torch.float32):
        logits, true = torch.tensor(LOGITS, dtype=dtype, requires_grad=True), torch.tensor(TRUE)
        for part in (slice(0, 7), slice(7, 7), slice(7, 20)):
            assert made((logits[part], true[part]), compute_result=False) == {}
        found = made((logits[20:], true[20:]), compute_result=True)
        assert found["f1"] == pytest.approx(F1)


def test_an_evaluation_that_broke_off_leaves_nothing():
    made = make_compute_metrics(task="multiclass")
    made((LOGITS[:3], TRUE[:3] * 0), compute_result=False)
    with pytest.raises(F1Error, match="NaN"):
        made((LOGITS * np.nan, TRUE), compute_result=False)
    assert made((LOGITS, TRUE), compute_result=True)["f1"] == pytest.approx(F1)
    made((LOGITS[:3], TRUE[:3] * 0), compute_result=False)
    made.reset()
    assert made((LOGITS, TRUE), compute_result=True)["f1"] == pytest.approx(F1)
    made((LOGITS[:3], TRUE[:3] * 0), compute_result=False)
    assert made((LOGITS, TRUE))["f1"] == pytest.approx(F1)  # not batch by batch


def test_one_of_several_outputs():
    hidden = RNG.normal(size=(30, 5, 7))
    assert make_compute_metrics(task="multiclass")(((LOGITS, hidden), TRUE))["f1"] == F1
    made = make_compute_metrics(task="multiclass", output=1)
    assert made(((hidden, LOGITS), TRUE))["f1"] == F1
    assert made(((hidden, LOGITS), (TRUE * 0, TRUE)))["f1"] == F1
    with pytest.raises(F1Error, match="output is 1, the model returns 1"):
        made((LOGITS, TRUE))


def test_probabilities_need_from_logits_false():
    p = 1 / (1 + np.exp(-LOGITS[:, 0]))
    true = TRUE % 2
    expected = f1_score(true, p > 0.5)
    assert make_compute_metrics(task="binary", from_logits=False)((p, true))["f1"] == expected
    both = np.stack([1 - p, p], axis=1)
    assert make_compute_metrics(task="binary", from_logits=False)((both, true))["f1"] == expected
    assert make_compute_metrics(task="binary")((LOGITS[:, :1], true))["f1"] == expected


def test_bfloat16_and_one_hot_labels():
    logits = torch.tensor(LOGITS).bfloat16()
    expected = f1_score(TRUE, logits.float().numpy().argmax(axis=1), average="macro")
    made = make_compute_metrics(task="multiclass")
    assert made((logits, torch.tensor(TRUE)))["f1"] == expected
    onehot = np.eye(CLASSES)[TRUE]
    assert made((LOGITS, onehot))["f1"] == F1
    two = torch.tensor(LOGITS[:, :2]).bfloat16()
    pred = two.float().numpy().argmax(axis=1)
    found = make_compute_metrics(task="binary")((two, torch.tensor(TRUE % 2)))
    assert found["f1"] == f1_score(TRUE % 2, pred)


def test_cells_of_many_labels_may_be_ignored():
    true = (RNG.random((30, CLASSES)) > 0.5).astype(np.float32)
    true[::3, 1] = IGNORED
    found = make_compute_metrics(task="multilabel", per_class=True)((LOGITS, true))
    kept = true[:, 1] != IGNORED
    assert found["f1_1"] == f1_score(true[kept, 1], LOGITS[kept, 1] > 0)


@pytest.mark.parametrize(
    ("task", "logits", "true"),
    [
        ("multiclass", (8, 5, 3), (8, 6)),
        ("multiclass", (8, 3), (7,)),
        ("binary", (8, 2), (8, 2)),
        ("binary", (8, 3, 2), (8,)),
    ],
)
def test_shapes_that_do_not_fit_are_named(task, logits, true):
    with pytest.raises(F1Error, match=f"predictions are .{logits[0]}, {logits[1]}"):
        make_compute_metrics(task=task)((np.zeros(logits), np.zeros(true, int)))


def test_it_is_pickled_and_stands_in_for_a_function():
    made = pickle.loads(pickle.dumps(make_compute_metrics(task="multiclass")))
    prediction = transformers.EvalPrediction(predictions=LOGITS, label_ids=TRUE, losses=TRUE)
    assert made(prediction)["f1"] == F1


def test_handed_over_uncalled_it_says_so():
    prediction = types.SimpleNamespace(predictions=LOGITS, label_ids=TRUE)
    with pytest.raises(F1Error, match="make_compute_metrics was called with 1 arguments"):
        make_compute_metrics(prediction)
    with pytest.raises(F1Error, match="average is 'samples'"):
        make_compute_metrics(task="binary", average="samples")
