"""One registry object under many threads, and inherited by a forked child."""
