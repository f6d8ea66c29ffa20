"""Addresses as they may be written down: without the passwords and keys that people put in them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from modelshelf.domain.provenance.checking import without_login

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_KEEPS_USER = frozenset({"ssh", "git+ssh", "ssh+git"})  # the account there, not a person's secret


def is_address(text: str) -> bool:
    """Whether a text is an address with a scheme, such as ``https://…`` or ``lakefs://…``."""
    return _ADDRESS.match(text) is not None


def without_secrets(address: str) -> str:
    """Return an address without user, password, query and fragment.

    ``ssh://git@host`` keeps the user, who is the same for everybody. Of other text, only what
    stands before the ``@`` of an address inside of it is left out.
    """
    if not is_address(address):
        return without_login(address)
    try:
        parts = urlsplit(address)
    except ValueError:
        return address.partition("://")[0] + "://…"
    user, at, host = parts.netloc.rpartition("@")
    if at and parts.scheme in _KEEPS_USER:
        host = f"{user.partition(':')[0]}@{host}"
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
