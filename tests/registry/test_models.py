"""Registered models: describing, tagging, renaming, retiring and listing them."""
