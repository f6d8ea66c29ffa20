"""Gates: what a version is asked before it may hold a stage, as functions of values."""
