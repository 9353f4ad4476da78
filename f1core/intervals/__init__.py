"""How sure: intervals of one model's metrics, and the difference between two models."""

from .bounds import interval, per_class_interval

__all__ = ["interval", "per_class_interval"]
