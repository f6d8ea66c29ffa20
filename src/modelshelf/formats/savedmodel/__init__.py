"""TensorFlow SavedModels: the graph with its functions, and the index of its variables."""
