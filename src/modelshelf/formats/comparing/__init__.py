"""Tensors compared value by value, piece by piece, whatever containers they lie in."""
