"""Reads pickles as data: which globals they name and what they would do, without doing it."""
