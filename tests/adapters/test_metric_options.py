"""What the metrics of torch's frameworks refuse when they are made: one sentence, an F1Error."""

import warnings

import pytest

from f1core import F1Error
from f1core.adapters.hooks import names_of

torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")
with warnings.catch_warnings():  # torch deprecates what Ignite uses while it is imported
    warnings.simplefilter("ignore")
    pytest.importorskip("ignite.metrics")
    from f1core.adapters.ignite import ScoreMetric as Ignite

from f1core.adapters.torchmetrics import ScoreMetric  # noqa: E402

THREE = {"task": "multiclass", "classes": 3}


@pytest.mark.parametrize("made", [ScoreMetric, Ignite])
@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"num_classes": 3}, "num_classes"),
        ({"n_classes": 3}, "n_classes"),
        ({"names": ["a", "b", "c"]}, "names"),
        ({"normalize": True}, "normalize"),
        ({"bogus": 1}, "bogus"),
        ({"confusion": True}, "confusion=True is for an Accumulator"),
        ({"metric": None}, "metric is None; name at least one metric"),
        ({"metric": 3}, "metric is 3; name at least one metric"),
        ({"metric": [["f1"]]}, "name at least one metric"),
        ({"metric": ["f1"], "prefix": None}, "prefix is None; it must be text"),
        ({"metric": ["f1"], "prefix": 3}, "prefix is 3; it must be text"),
    ],
)
def test_options_that_are_not_there_are_refused_by_name(made, options, sentence):
    with pytest.raises(F1Error, match=sentence):
        made(**(THREE | options))


def test_options_of_torchmetrics_are_theirs_to_check():
    assert ScoreMetric("f1", **THREE, sync_on_compute=False).sync_on_compute is False
    with pytest.raises(F1Error, match="sync_on_compute"):
        ScoreMetric("f1", **THREE, sync_on_compute=3)


def test_a_metric_without_a_confusion_matrix_may_say_so():
    for made in (ScoreMetric, Ignite):
        assert "rows" in repr(made("f1", **THREE, confusion=False))


@pytest.mark.parametrize("metric", [None, 3, [], ["f1", "f1"], [["f1"]], object()])
def test_names_of_metrics_are_names(metric):
    with pytest.raises(F1Error, match="name at least one metric, each once"):
        names_of(metric)


def test_a_plot_by_class_takes_names_with_dollars_as_they_are():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    metric = ScoreMetric("f1", task="multiclass", classes=["$\\foo$", "b"], average="per_class")
    metric.update(torch.eye(2), torch.tensor([0, 1]))
    figure, axes = metric.plot()
    figure.canvas.draw()
    assert "f1_$\\foo$" in [each.get_text() for each in axes.get_legend().get_texts()]
    pyplot.close(figure)
