"""What is never kept with code: caches and the like, secrets, registries."""

from __future__ import annotations

from collections.abc import Iterable

SKIPPED = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "node_modules", "site-packages", ".tox",
    ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", ".hypothesis",
    ".eggs", "mlruns", "wandb", ".DS_Store",
})  # fmt: skip
"""Names of files and folders that tools make and make again."""

MARKS = frozenset({"catalog.db", "pyvenv.cfg"})
"""Files that say what a folder is: a registry, a virtual environment."""

_SECRET_NAMES = frozenset({".env", ".netrc", ".pypirc", "id_rsa", "id_ed25519", "credentials.json"})
_SECRET_ENDS = (".pem", ".key", ".p12", ".pfx")


def is_secret(name: str) -> bool:
    """Whether a file of this name is likely to hold a password or key."""
    lower = name.lower()
    return lower in _SECRET_NAMES or lower.startswith(".env.") or lower.endswith(_SECRET_ENDS)


def is_skipped(parts: Iterable[str]) -> bool:
    """Whether a path of these parts lies in what a tool makes again."""
    return not SKIPPED.isdisjoint(parts)
