"""Making versions again."""
