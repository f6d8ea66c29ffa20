"""Looks into files in a child process that can do nothing else, and that may die of what it meets.

The parent opens files and lends descriptors; the child reads and answers with plain data. What it
may use is said in ``setup``, how that is enforced in ``confine`` (by the system) and ``guard`` (by
the interpreter). ``shared`` is what the rest of the program asks.
"""
