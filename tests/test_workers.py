"""Threads that share a queue of spans: each span once, in order where asked, failures told."""

import threading

import pytest

from f1core import workers

SPANS = [slice(i, i + 1) for i in range(40)]


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 100])
def test_every_span_is_taken_once(threads):
    parts = workers.share(lambda spans: [span.start for span in spans], SPANS, threads)
    assert len(parts) <= threads
    assert sorted(start for part in parts for start in part) == list(range(40))


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 100])
def test_results_come_in_the_order_of_the_spans(threads):
    expected = [span.start**2 for span in SPANS]
    assert workers.run(lambda span: span.start**2, SPANS, threads) == expected
    assert list(workers.in_order(lambda span: span.start**2, SPANS, threads)) == expected


def test_a_helper_takes_part():
    both = threading.Barrier(2, timeout=60)

    def work(spans):
        both.wait()
        return [span.start for span in spans]

    assert len(workers.share(work, SPANS, 2)) == 2


@pytest.mark.parametrize("threads", [2, 4])
def test_nobody_is_far_ahead_of_what_was_given(threads, monkeypatch):
    """After one result the consumer stops, until the helpers wait for it or are through."""
    stopped, seen = threading.Event(), []

    class Watched(threading.Condition):
        def wait_for(self, *args):
            stopped.set()
            return super().wait_for(*args)

    def work(span):
        seen.append(span.start)
        if span.start == SPANS[-1].start:
            stopped.set()
        return span.start

    monkeypatch.setattr(threading, "Condition", Watched)
    results = workers.in_order(work, SPANS, threads)
    assert next(results) == 0
    assert stopped.wait(60)
    assert max(seen) <= workers.AHEAD * threads
    assert list(results) == list(range(1, 40))


@pytest.mark.parametrize("where", ["caller", "helper"])
@pytest.mark.parametrize("way", ["share", "in_order"])
def test_a_failure_anywhere_is_raised_here(where, way):
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
        if way == "in_order":
            return list(workers.in_order(work, SPANS, 2))
        return workers.share(lambda spans: [work(span) for span in spans], SPANS, 2)

    with pytest.raises(ValueError, match=where):
        go()
    assert workers.run(lambda span: span.start, SPANS, 2) == list(range(40))


def test_a_consumer_that_stops_leaves_nobody_waiting():
    results = workers.in_order(lambda span: span.start, SPANS, 4)
    assert next(results) == 0
    results.close()
    assert workers.run(lambda span: span.start, SPANS, 4) == list(range(40))


@pytest.mark.parametrize("way", ["share", "in_order"])
def test_a_helper_that_never_comes_is_not_waited_for(way, monkeypatch):
    called = []
    monkeypatch.setattr(workers, "_call", called.extend)
    if way == "share":
        assert workers.share(lambda spans: len(list(spans)), SPANS, 3) == [40]
    else:
        found = list(workers.in_order(lambda span: span.start, SPANS, 3))
        assert found == list(range(40))
    assert len(called) == 2
    for job in called:  # it may come later: there is nothing left to do, and no array is kept
        assert job._work is None
        job()
        assert job.results() == []
