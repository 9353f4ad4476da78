"""Rows that have ids: kept in few bytes, found again, compared, counted once."""
