"""Upkeep: the doctor, freeing bytes, backups and rebuilding."""
