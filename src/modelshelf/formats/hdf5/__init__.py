"""Reads the tree, the attributes and the places of datasets of HDF5 files, never their contents."""
