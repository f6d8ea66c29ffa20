"""How models on Hugging Face's hub are named, and which names mean one of them."""

from __future__ import annotations

import re

_PART = r"[A-Za-z0-9][\w.-]{0,95}"
_IDENTITY = re.compile(rf"{_PART}/{_PART}")
_ADDRESS = re.compile(rf"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/({_PART}/{_PART})/?")


def hub_name(address: str) -> str:
    """Return ``hf:org/name`` for the address of a model on the hub, else an empty text."""
    match = _ADDRESS.fullmatch(address)
    return f"hf:{match[1]}" if match else ""


def hub_base(name: str, revision: str = "") -> str:
    """Return a base model named by a card or a configuration, as precisely as it says it.

    Args:
        name: A name on the hub, an address or a path. They look alike: ``org/name`` is taken for
            the hub's, anything else stays as it is.
        revision: Branch, tag or commit.
    """
    named = hub_name(name) or (f"hf:{name}" if _IDENTITY.fullmatch(name) else name)
    return f"{named}@{revision}" if revision else named
