"""Columns out of files, frames and streams."""
