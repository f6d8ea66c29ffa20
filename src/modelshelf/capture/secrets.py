"""Words that are secrets: known by what they are called, or by how they are written.

Standard library only: a script that is made again uses it too.
"""

from __future__ import annotations

import re

MASK = "***"
"""What stands in the place of a secret."""

_NAMES = frozenset({
    "token", "password", "passwd", "passphrase", "secret", "credential", "credentials", "apikey",
})  # fmt: skip
_KEYS = frozenset({"api", "access", "private", "secret", "auth"})
_SPECIAL = frozenset({"pad", "eos", "bos", "unk", "mask", "cls", "sep"})  # tokens of a text model
# A password in an address, or one that stands for both; the account of ssh is no secret.
_LOGIN = re.compile(r"((?!ssh|git\+ssh)\b[A-Za-z][A-Za-z0-9+.-]*://)[^/@\s]+@")
# As GitHub, GitLab, Hugging Face, Slack, OpenAI and AWS write them.
_TOKEN = re.compile(
    r"\b(gh[oprsu]_\w{20}|github_pat_\w{20}|glpat-[\w-]{20}|hf_[A-Za-z]{30}|xox[abp]-[\w-]{10}"
    r"|sk-[\w-]{20}|AKIA[A-Z0-9]{16})"
)


def is_called_secret(name: str) -> bool:
    """Whether something is called like a password: ``--hf-token``, and not ``--max-tokens``.

    ``hub.token``, as Hydra takes it, is called so too, and ``accessToken``.
    """
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", name).lower()
    parts = re.split(r"[-_.+]+", plain.lstrip("-+"))
    pairs = list(zip(["", *parts], parts, strict=False))
    return any(
        (part in _NAMES and before not in _SPECIAL) or (part == "key" and before in _KEYS)
        for before, part in pairs
    )


def masked(text: str) -> str:
    """Return a text without the token that it is, and without the login of an address in it."""
    return MASK if _TOKEN.search(text) else without_logins(text)


def without_logins(text: str) -> str:
    """Return a text without the logins of addresses in it."""
    return _LOGIN.sub(rf"\1{MASK}@", text)
