"""Keras 3, on TensorFlow, JAX and torch: `ScoreMetric` in the graph, `ScoreCallback` beside it.

`ScoreMetric` counts what the training and validation steps predict anyway, in integers, inside
the compiled step. `ScoreCallback` predicts once more at the end of an epoch, which costs a
forward pass and gives everything that `f1core.score` gives.
"""

from ...errors import missing

try:
    import keras as _keras
except ImportError:
    raise missing("f1core.adapters.keras", "keras", "keras") from None
if int(_keras.__version__.partition(".")[0]) < 3:
    raise missing("f1core.adapters.keras", f"Keras 3, not {_keras.__version__}", "keras")

from .callback import ScoreCallback
from .metric import ScoreMetric

__all__ = ["ScoreCallback", "ScoreMetric"]
