"""Counting where the scores are: on a GPU, or inside a compiled step, without asking the device."""
