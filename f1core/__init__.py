"""f1core: precision, recall and F1, right however the data was cut, at the speed of memory."""

from .accumulator import Accumulator
from .api import score
from .engine import warm_up
from .errors import F1Error
from .scores import Average, Scores

__all__ = ["Accumulator", "Average", "F1Error", "Scores", "score", "warm_up"]
__version__ = "0.1.0"
