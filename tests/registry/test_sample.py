"""The sample registry tells the same story on every run."""
