"""The hooks of the policy file: who outside is told of events."""

from __future__ import annotations

import re

from modelshelf.domain.plain import canonical
from modelshelf.domain.policy.commands import read_command, read_variables
from modelshelf.domain.policy.section import Section
from modelshelf.domain.policy.values import Hook
from modelshelf.domain.text import safe

HOOK_KEYS = (
    "name", "on", "models", "run", "url", "secret", "timeout", "attempts", "allow_loopback", "env",
)  # fmt: skip
_KEY_LENGTH = 12
_ATTEMPTS_MOST = 100
_TIMEOUT_MOST = 3_600.0
_PATH = re.compile(r"[/?#\\]")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HOST = re.compile(r"(\[[^\]]*\]|[^:\[\]]+)(:\d*)?")


def read_hooks(sections: list[Section]) -> tuple[Hook, ...]:
    """Return the hooks that the tables describe; what is wrong is kept in their sections."""
    found: dict[str, Hook] = {}
    for section in sections:
        hook = _hook(section)
        if hook.key in found:
            named = "name" in section.table
            says = f"is a second hook called {safe(hook.key, 60)!r}" if named else "stands twice"
            section.wrong("name" if named else "", says, hint="Give it another name." * named)
        found.setdefault(hook.key, hook)
    return tuple(found.values())


def _hook(section: Section) -> Hook:
    section.known(HOOK_KEYS)
    kinds = [kind for kind in ("run", "url") if kind in section.table]
    if len(kinds) != 1:
        says = "has both run and url" if kinds else "has neither run nor url"
        section.wrong("", says, required="one of them")
    hook = Hook(
        key="",
        on=section.patterns("on"),
        models=section.patterns("models"),
        run=read_command(section),
        url=_url(section),
        secret=_secret(section),
        timeout=section.seconds("timeout", 10.0, least=0.1, most=_TIMEOUT_MOST),
        attempts=section.whole("attempts", 12, least=1, most=_ATTEMPTS_MOST, of="attempts"),
        allow_loopback=section.flag("allow_loopback", default=False),
        env=read_variables(section),
    )
    _check_url(section, hook)
    _check_meant(section, kinds)
    key = section.text("name", most=64) or _digest(hook)
    return Hook(key, **{name: getattr(hook, name) for name in Hook.__slots__ if name != "key"})


def _digest(hook: Hook) -> str:
    """Return a name for a hook without one; changing how it is tried does not change it."""
    from hashlib import sha256  # which costs a start more than all the rest here

    told = [hook.on, hook.models, hook.run, hook.url, hook.secret, hook.env]
    return sha256(canonical(told).encode()).hexdigest()[:_KEY_LENGTH]


def _secret(section: Section) -> str:
    value = section.table.get("secret")
    if value is None:
        return ""
    kind, _, rest = value.partition(":") if isinstance(value, str) else ("", "", "")
    # A secret behind `env:` is no name of a variable, or looks like what the scheme calls one.
    is_name = bool(_VARIABLE.fullmatch(rest)) and not rest.startswith("whsec_")
    if is_name if kind == "env" else kind == "file" and rest.strip():
        return section.text("secret", most=4_000)
    # The value is not shown: it may be the secret itself.
    section.wrong(
        "secret",
        "does not say where the secret is",
        why="the policy's text is recorded for ever and must hold no secret",
        required="env:NAME or file:PATH",
    )
    return ""


def _url(section: Section) -> str:
    before = len(section.problems)
    found = section.text("url", most=2_000)
    if len(section.problems) > before:
        # What is wrong with a text is told with the text, and this one may hold a login.
        del section.problems[before:]
        why = "it is empty, too long, or holds a character that cannot be kept"
        section.wrong("url", "is not an address", why=why, required="https://…")
    return found


def _check_url(section: Section, hook: Hook) -> None:
    scheme, mark, rest = hook.url.partition("://")
    where = _PATH.split(rest, maxsplit=1)[0]
    if not hook.url:
        return
    if "@" in where:
        # It is not shown: this is read by more people than may know the login.
        section.wrong(
            "url",
            "holds a login",
            why="the policy's text is recorded for ever and must hold no secret",
            hint="Leave it out; what is posted is signed with the hook's secret.",
        )
    elif not mark or scheme not in ("https", "http") or not _HOST.fullmatch(where):
        section.wrong("url", "is not an address", observed=_shown(hook.url), required="https://…")
    elif scheme == "http" and not hook.allow_loopback:
        hint = "Use https; http goes to this machine only, with allow_loopback = true."
        section.wrong("url", "is not encrypted", observed=_shown(hook.url), hint=hint)


def _shown(url: str) -> str | None:
    """Return an address without what may be secret in it; ``None`` where that cannot be told."""
    scheme, mark, rest = url.rpartition("://")
    return None if "@" in url else f"{scheme}{mark}{_PATH.split(rest, maxsplit=1)[0]}"


def _check_meant(section: Section, kinds: list[str]) -> None:
    """Keep settings as mistakes that mean nothing beside the others."""
    of = {"secret": "url", "allow_loopback": "url", "env": "run"}
    for key, kind in of.items():
        if key in section.table and kinds and kind not in kinds:
            section.wrong(key, f"means nothing without {kind}")
