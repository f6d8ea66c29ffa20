"""Secrets of hooks: read from where the policy says at every attempt, kept nowhere, shown nowhere.

A policy's text goes into the audit log, so it names where a secret is and never holds one.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from modelshelf.domain.errors import Invalid, NotFound, Refused, Unavailable
from modelshelf.domain.text import safe

_BYTES_MOST = 4_096
_OTHERS = 0o077
_SHORTEST = 4
_HIDDEN = "…"
_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)(?:[^\s/?#@]*@)?([^\s/?#]*)(/[^\s?#]*)?\S*")


def read_secret(source: str, root: Path) -> str:
    """Return the secret that ``source`` names.

    Args:
        source: ``env:NAME`` or ``file:PATH``; a relative path is looked for below ``root``.
        root: The registry's folder.

    Raises:
        Invalid: It names neither, or the file holds no text.
        NotFound: There is no such variable or file.
        Refused: Others may read the file, or it belongs to somebody else, or is no file.
        Unavailable: The file cannot be read.
    """
    kind, _, name = source.partition(":")
    if kind == "env" and name:
        value = os.environ.get(name, "")
        if not value.strip():
            raise NotFound(
                f"the environment has no {safe(name, 80)}",
                why="the secret of the hook is said to be there",
                hint="Set it for whatever delivers: the app, the watcher, or the service.",
            )
        return value.strip()
    if kind == "file" and name:
        return _read(root / name)
    raise Invalid("the secret of a hook is named by env:NAME or file:PATH")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return ``text`` without these secrets, and without what addresses in it may hold of others.

    Of an address, who logs in and what it asks are left out.
    """
    for secret in sorted(secrets, key=len, reverse=True):
        for part in (secret, *secret.split()):
            for form in (part, part.removeprefix("whsec_")):
                if len(form) >= _SHORTEST:
                    text = text.replace(form, _HIDDEN)
    return _ADDRESS.sub(lambda found: "".join(g or "" for g in found.groups()), text)


def _read(file: Path) -> str:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(file, flags)
    except FileNotFoundError:
        raise NotFound(
            f"there is no file {safe(file)}", why="a secret is said to be there"
        ) from None
    except (OSError, ValueError) as exc:
        why = getattr(exc, "strerror", None) or str(exc)
        raise Unavailable(f"the secret in {safe(file)} cannot be read", why=why) from None
    try:
        _check(file, os.fstat(descriptor))
        data = os.read(descriptor, _BYTES_MOST)
    except OSError as exc:
        why = exc.strerror or str(exc)
        raise Unavailable(f"the secret in {safe(file)} cannot be read", why=why) from None
    finally:
        os.close(descriptor)
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise Invalid(f"{safe(file)} holds no text") from None
    if not text:
        raise Invalid(f"{safe(file)} is empty", why="a secret is said to be there")
    return text


def _check(file: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{safe(file)} cannot hold a secret", why="it is not a regular file")
    if not hasattr(os, "getuid"):
        return
    if status.st_uid != os.getuid():
        raise Refused(f"{safe(file)} cannot hold a secret", why="it belongs to somebody else")
    if status.st_mode & _OTHERS:
        raise Refused(
            f"{safe(file)} cannot hold a secret",
            why="others may read it",
            observed=f"{stat.S_IMODE(status.st_mode):04o}",
            required="0600",
            hint=f"chmod 600 {safe(file)}",
        )
