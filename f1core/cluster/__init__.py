"""Engines that people run: count each partition where it lies, add the counts, divide once."""
