"""Ctrl-C, signal handlers and forks in the midst of an update: a batch is in, or it is not."""

import copy
import os
import pickle
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import f1core
from f1core import Accumulator, BinnedThresholds, F1Error

HERE = str(Path(f1core.__file__).parent)
RNG = np.random.default_rng(0)
TRUE, SCORES = RNG.integers(0, 3, 16), RNG.random((16, 3), np.float32)
FLAGS = (RNG.random((16, 3)) < 0.4).astype(np.int64)
IDS, WEIGHTS = np.arange(16), RNG.integers(1, 5, 16).astype(float)

# What is made, and what an update of it is given.
CASES = {
    "binary": ({"task": "binary"}, (TRUE % 2, SCORES[:, 0].copy()), {}),
    "multiclass": ({"task": "multiclass", "classes": 3}, (TRUE, SCORES), {}),
    "sums alone": ({"task": "multiclass", "classes": 3, "confusion": False}, (TRUE, SCORES), {}),
    "the k best": ({"task": "multiclass", "classes": 3, "top_k": 2}, (TRUE, SCORES), {}),
    "labels that come": ({"task": "multiclass"}, (TRUE, TRUE[::-1].copy()), {}),
    "few rows of many classes": ({"task": "multiclass", "classes": 50}, (TRUE, TRUE), {}),
    "multilabel": ({"task": "multilabel", "classes": 3}, (FLAGS, SCORES), {}),
    "ignored": ({"task": "multilabel", "ignore_index": 0}, (FLAGS, SCORES), {}),
    "weights": ({"task": "multilabel"}, (FLAGS, SCORES), {"sample_weight": WEIGHTS}),
    "ids": ({"task": "multilabel"}, (FLAGS, SCORES), {"sample_id": IDS}),
    "ids of labels that come": ({"task": "multiclass"}, (TRUE, TRUE), {"sample_id": IDS}),
    "ids and weights": (
        {"task": "multiclass", "classes": 3},
        (TRUE, SCORES),
        {"sample_id": IDS, "sample_weight": WEIGHTS},
    ),
    "resamples": ({"task": "multilabel", "resamples": 3, "seed": 1}, (FLAGS, SCORES), {}),
}


def made(name):
    """An accumulator, and a function that adds another batch each time."""
    options, arrays, more = CASES[name]
    accumulator, calls = Accumulator(**options, threads=1), [0]

    def add():
        extra = dict(more)
        if "sample_id" in extra:
            extra["sample_id"] = extra["sample_id"] + 16 * calls[0]
        accumulator.update(*arrays, **extra)
        calls[0] += 1

    return accumulator, add


class Interrupting:
    """Calls `act` before the n-th bytecode of the package, as a signal comes between two."""

    def __init__(self, at, act):
        self.at, self.act, self.seen = at, act, 0

    def __call__(self, frame, event, arg):
        if not frame.f_code.co_filename.startswith(HERE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.seen += 1
            if self.seen == self.at:
                sys.settrace(None)
                self.act()
        return self

    def run(self, call):
        # Python 3.12 sends no bytecode to a tracer set before some frame has asked for them.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self)
        try:
            call()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)


def interrupt():
    raise KeyboardInterrupt


def moments(total, seed):
    """Some of the moments of a call: all of a short one."""
    return np.unique(np.random.default_rng(seed).integers(1, total + 1, 150)).tolist()


def length_of(name, before):
    _, add = made(name)
    for _ in range(before):
        add()
    counting = Interrupting(-1, interrupt)
    counting.run(add)
    assert counting.seen, "no bytecode of the package was seen"
    return counting.seen


@pytest.mark.parametrize("before", [0, 2])
@pytest.mark.parametrize("name", CASES)
def test_an_interrupted_update_is_whole_or_not_there(name, before, engine):
    reference, add = made(name)
    states = []
    for _ in range(before):
        add()
    states.append(copy.deepcopy(reference))
    add()
    states.append(copy.deepcopy(reference))
    outcomes = set()
    for at in moments(length_of(name, before), before):
        accumulator, add = made(name)
        for _ in range(before):
            add()
        Interrupting(at, interrupt).run(add)
        same = [accumulator == state for state in states]
        assert any(same), at
        outcomes.add(same.index(True))
        if same[0]:  # nothing is there, and the batch can come again
            add()
            assert accumulator == states[1], at
    assert 0 in outcomes


@pytest.mark.parametrize("name", CASES)
def test_a_signal_handler_sees_whole_batches_and_may_save(name, engine, tmp_path):
    _, add = made(name)
    states = []
    for _ in range(3):
        add()
    accumulator, add = made(name)
    add()
    states.append(copy.deepcopy(accumulator))
    add()
    states.append(copy.deepcopy(accumulator))
    numbers = [state.compute().to_dict() for state in states]
    for at in moments(length_of(name, 1), 1)[::5]:
        accumulator, add = made(name)
        add()
        found = []

        def look(accumulator=accumulator, found=found):
            found.append(accumulator.compute().to_dict())
            accumulator.save(tmp_path / "state")
            found.append(Accumulator.load(tmp_path / "state"))
            found.append(pickle.loads(pickle.dumps(accumulator)))
            found.append(accumulator.total)

        Interrupting(at, look).run(add)
        assert found[0] in numbers
        assert found[1] in states
        assert found[2] in states
        assert found[3] in [state.total for state in states]
        assert accumulator == states[1]


@pytest.mark.parametrize("name", ["multiclass", "multilabel", "ids", "resamples"])
def test_a_signal_handler_that_changes_the_accumulator_is_told_or_has_done_it(name):
    """Its batch comes before the one that it interrupts, after it, or is refused: never halves."""
    alone, add = made(name)
    for _ in range(3):
        add()
    two = made(name)
    two[1]()
    two[1]()
    for at in moments(length_of(name, 1), 3)[::3]:
        accumulator, add = made(name)
        add()
        refused = []

        def change(accumulator=accumulator, refused=refused):
            _, arrays, more = CASES[name]
            if "sample_id" in more:
                more = {"sample_id": IDS + 32}
            try:
                accumulator.update(*arrays, **more)
            except F1Error as error:
                refused.append(str(error))

        Interrupting(at, change).run(add)
        assert all("signal handler" in words for words in refused)
        assert accumulator.total == (2 if refused else 3) * 16, at
        assert accumulator.compute().to_dict() == (two[0] if refused else alone).compute().to_dict()


def test_bins_are_whole_too():
    def filled(n):
        bins = BinnedThresholds("multilabel", bins=16)
        for _ in range(n):
            bins.update(FLAGS, SCORES)
        return bins

    counting = Interrupting(-1, interrupt)
    bins = filled(1)
    counting.run(lambda: bins.update(FLAGS, SCORES))
    for at in moments(counting.seen, 4):
        bins = filled(1)
        Interrupting(at, interrupt).run(lambda bins=bins: bins.update(FLAGS, SCORES))
        assert bins in (filled(1), filled(2))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers on this system")
def test_no_interrupt_of_a_timer_leaves_a_lock_behind():
    """Real signals: another thread can go on after each."""
    f1core.warm_up()
    for _ in range(3):  # kernels are loaded before: Python leaves files open that it was reading
        made("multilabel")[1]()
    accumulator, add = made("multilabel")
    add()
    one = accumulator.compute()
    old = signal.signal(signal.SIGALRM, lambda *_: interrupt())
    rng, interrupts = np.random.default_rng(5), 0
    try:
        for delay in rng.uniform(1e-6, 1e-3, 200):
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                for _ in range(10_000):  # Python drops what is raised while it collects garbage
                    add()
            except KeyboardInterrupt:
                interrupts += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    found = []
    thread = threading.Thread(target=lambda: found.append(accumulator.compute()), daemon=True)
    thread.start()
    thread.join(30)
    assert found and interrupts > 150
    many, (batches, rest) = found[0], divmod(found[0].total, one.total)
    assert rest == 0
    np.testing.assert_array_equal(many.confusion, batches * one.confusion)
    assert many.to_dict() == pytest.approx(one.to_dict())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("name", ["multilabel", "few rows of many classes", "ids"])
def test_a_child_forked_while_a_thread_updates_goes_on(name):
    accumulator, add = made(name)
    for _ in range(3):
        add()
    stop = threading.Event()

    def feed():
        while not stop.is_set():
            add()

    thread = threading.Thread(target=feed)
    thread.start()
    codes = []
    try:
        for _ in range(20):
            child = os.fork()
            if not child:
                signal.alarm(20)  # a child that hangs is ended, and told apart
                good = accumulator.total % 16 == 0 and accumulator.compute().total > 0
                accumulator.update(*CASES[name][1], **_late(name))
                os._exit(0 if good and accumulator.total % 16 == 0 else 3)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    finally:
        stop.set()
        thread.join()
    assert codes == [0] * 20


def _late(name):
    return {"sample_id": IDS + (1 << 40)} if "sample_id" in CASES[name][2] else {}


def test_a_reset_while_a_batch_draws_its_resamples_leaves_numbers_to_go_on_with(monkeypatch):
    from f1core import poisson

    made, honest = Accumulator("binary", resamples=4, seed=1), poisson.with_replicas
    made.update([0, 1, 1], [0.2, 0.9, 0.3])

    def with_a_reset(*args, **options):
        monkeypatch.setattr(poisson, "with_replicas", honest)
        made.reset()
        return honest(*args, **options)

    monkeypatch.setattr(poisson, "with_replicas", with_a_reset)
    made.update([0, 1], [0.2, 0.9])
    for _ in range(3):
        made.update([0, 1, 1], [0.2, 0.9, 0.3])
    fresh = Accumulator("binary", resamples=4, seed=1)
    fresh.update([0, 1] + [0, 1, 1] * 3, [0.2, 0.9] + [0.2, 0.9, 0.3] * 3)
    assert made == fresh
