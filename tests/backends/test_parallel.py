"""Threads that take spans from one queue: each span once, in order where asked, failures raised."""

import os
import threading

import pytest

from f1core.backends import thread_pool

SPANS = [slice(i, i + 1) for i in range(40)]


def starts(spans):
    return [span.start for span in spans]


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 100])
def test_every_span_is_taken_once(threads):
    parts = thread_pool.map_unordered(starts, SPANS, threads)
    assert len(parts) <= threads
    assert sorted(start for part in parts for start in part) == list(range(40))


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 100])
def test_results_come_in_the_order_of_the_spans(threads):
    found = thread_pool.map_ordered(lambda span: span.start**2, SPANS, threads)
    assert list(found) == [span.start**2 for span in SPANS]


def test_a_second_thread_takes_part():
    both = threading.Barrier(2, timeout=60)

    def work(spans):
        both.wait()
        return starts(spans)

    assert len(thread_pool.map_unordered(work, SPANS, 2)) == 2


@pytest.mark.parametrize("threads", [2, 4])
def test_results_that_wait_for_their_turn_are_few(threads):
    seen = []
    results = thread_pool.map_ordered(lambda span: seen.append(span.start), SPANS * 10, threads)
    next(results)
    assert len(seen) <= thread_pool._HELD * threads
    assert len(list(results)) == 399


@pytest.mark.parametrize("where", ["caller", "another"])
@pytest.mark.parametrize("way", ["unordered", "ordered"])
def test_a_failure_in_any_thread_is_raised_here(where, way):
    both = threading.Barrier(2, timeout=60)
    main, began = threading.get_ident(), threading.local()

    def work(span):
        if not hasattr(began, "here"):
            began.here = True
            both.wait()
            if (threading.get_ident() == main) == (where == "caller"):
                raise ValueError(where)
        return span.start

    def go():
        if way == "ordered":
            return list(thread_pool.map_ordered(work, SPANS, 2))
        return thread_pool.map_unordered(lambda spans: [work(span) for span in spans], SPANS, 2)

    with pytest.raises(ValueError, match=where):
        go()
    assert list(thread_pool.map_ordered(lambda span: span.start, SPANS, 2)) == list(range(40))


def test_nobody_reads_when_a_failure_has_been_raised():
    began, ended = threading.Event(), threading.Event()
    main = threading.get_ident()

    def work(spans):
        if threading.get_ident() == main:
            assert began.wait(60)
            raise KeyboardInterrupt
        began.set()
        taken = starts(spans)
        ended.set()
        return taken

    with pytest.raises(KeyboardInterrupt):
        thread_pool.map_unordered(work, SPANS, 2)
    assert ended.is_set()


def test_a_consumer_that_stops_leaves_nobody_waiting():
    results = thread_pool.map_ordered(lambda span: span.start, SPANS, 4)
    assert next(results) == 0
    results.close()
    assert list(thread_pool.map_ordered(lambda span: span.start, SPANS, 4)) == list(range(40))


@pytest.mark.parametrize("way", ["none starts", "none comes"])
def test_threads_that_never_come_are_not_waited_for(way, monkeypatch):
    class Idle:
        def submit(self, work):
            if way == "none starts":
                raise RuntimeError("can't start new thread")
            return thread_pool.Future()

    monkeypatch.setattr(thread_pool, "_executor", Idle)
    assert thread_pool.map_unordered(lambda spans: len(list(spans)), SPANS, 3) == [40]
    assert list(thread_pool.map_ordered(lambda span: span.start, SPANS, 3)) == list(range(40))


def test_many_callers_share_the_threads():
    found, expected = {}, list(range(40))

    def one(place):
        found[place] = list(thread_pool.map_ordered(lambda span: span.start, SPANS, 8))

    callers = [threading.Thread(target=one, args=(place,)) for place in range(20)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert list(found.values()) == [expected] * 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own():
    assert len(list(thread_pool.map_ordered(lambda span: span.start, SPANS, 4))) == 40
    child = os.fork()
    if not child:
        done = list(thread_pool.map_ordered(lambda span: span.start, SPANS, 4)) == list(range(40))
        os._exit(0 if done else 1)
    assert os.waitpid(child, 0)[1] == 0
