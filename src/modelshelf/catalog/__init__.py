"""The catalog: one SQLite file that holds the audit log and the tables folded from it."""
