"""Stages: planning, promoting, splitting, rolling back and resolving."""
