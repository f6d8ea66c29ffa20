"""What is never kept with code: caches and the like, secrets, registries."""

from __future__ import annotations

import re
from collections.abc import Iterable

SKIPPED = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "__pycache__", "node_modules", "site-packages", ".tox",
    ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", ".hypothesis",
    ".eggs", "mlruns", "wandb", ".DS_Store",
})  # fmt: skip
"""Names of files and folders that tools make and make again."""

MARKS = frozenset({"catalog.db", "pyvenv.cfg"})
"""Files that say what a folder is: a registry, a virtual environment."""

_SECRET_NAMES = frozenset({
    ".env", ".envrc", ".netrc", "_netrc", ".pypirc", ".npmrc", ".pgpass", ".htpasswd", ".dockercfg",
    ".git-credentials", ".ssh", ".aws", ".gnupg", ".kube", ".azure", "id_rsa", "id_dsa", "id_ecdsa",
    "id_ed25519", "kaggle.json", "application_default_credentials.json", "terraform.tfstate",
})  # fmt: skip
_SECRET_ENDS = (
    ".env", ".pem", ".key", ".p12", ".pfx", ".ppk", ".jks", ".keystore", ".kdbx", ".tfvars",
)  # fmt: skip
_SECRET_WORDS = re.compile(
    r"\.?(client[-_]?secrets?|service[-_]?account|secrets?|credentials?|passwords?)"
    r"([-_.].*)?\.(json|ya?ml|toml|ini|cfg|conf|txt)"
)


# Looked for first, which is quick.
_MARKS_OF_SECRETS = (
    b"PRIVATE KEY-----", b"gho_", b"ghp_", b"ghr_", b"ghs_", b"ghu_", b"github_pat_", b"glpat-",
    b"hf_", b"xoxa-", b"xoxb-", b"xoxp-", b"sk-", b"AKIA",
)  # fmt: skip
_SECRET_BYTES = re.compile(
    rb"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----\s*(?:\\n)?[A-Za-z0-9+/]{16}"
    rb"|\bgh[oprsu]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{50}|\bglpat-[\w-]{20}|\bhf_[A-Za-z]{34}\b"
    rb"|\bxox[abp]-[\w-]{20}|\bsk-[\w-]{40}|\bAKIA[A-Z0-9]{16}\b"
)


def is_secret(name: str) -> bool:
    """Whether a file of this name is likely to hold a password or key."""
    lower = name.lower()
    if lower in _SECRET_NAMES or lower.startswith(".env.") or lower.endswith(_SECRET_ENDS):
        return True
    return bool(_SECRET_WORDS.fullmatch(lower))


def is_secret_path(parts: Iterable[str]) -> bool:
    """Whether a file, or a folder that it lies in, has the name of a secret."""
    return any(is_secret(part) for part in parts)


def holds_secret(data: bytes) -> bool:
    """Whether bytes hold a private key, or a token as the large services write theirs."""
    return any(mark in data for mark in _MARKS_OF_SECRETS) and bool(_SECRET_BYTES.search(data))


def is_skipped(parts: Iterable[str]) -> bool:
    """Whether a path of these parts lies in what a tool makes again."""
    return not SKIPPED.isdisjoint(parts)
