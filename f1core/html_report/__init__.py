"""A report that opens in a browser: what it shows, from one pass over files, and its page."""
