"""What surrounds a training run: the repository, the packages, the data."""
