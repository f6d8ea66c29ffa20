"""How each version of each sample model was made: a module per model, a function per version."""
