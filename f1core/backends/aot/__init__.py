"""Kernels compiled beforehand: which, how they are built, how they are loaded."""
