"""The probes of the policy file: commands that let a version answer a pinned set of examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelshelf.domain.errors import NotFound
from modelshelf.domain.plain import canonical
from modelshelf.domain.policy import DAY
from modelshelf.domain.policy.commands import read_command, read_variables
from modelshelf.domain.policy.durations import duration_text
from modelshelf.domain.policy.problem import nearest
from modelshelf.domain.policy.section import Section
from modelshelf.domain.text import safe

PROBE_KEYS = ("run", "data", "digest", "timeout", "env")
PLACEHOLDERS = ("path", "data", "reference", "model", "version")
"""What the words of a probe's command may hold in braces."""
TIMEOUT = 120.0
NAME_MOST = 64
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_DIGEST_FORM = "sha256: and 64 digits or letters a to f"
_PLACEHOLDER = re.compile(r"\{([a-z_]{1,20})\}")


@dataclass(frozen=True, slots=True)
class Probe:
    """A command that lets a version answer a set of examples.

    Attributes:
        name: What people call it.
        run: A command and its arguments; ``{path}`` stands for the artifact, ``{data}`` for the
            probe set.
        data: The file with the examples, relative to the registry's folder.
        digest: What it must be, ``sha256:`` and 64 hexadecimal digits; empty where the policy does
            not pin it.
        timeout: Seconds the command may take.
        env: Names of environment variables that it is given.
    """

    name: str
    run: tuple[str, ...] = ()
    data: str = ""
    digest: str = ""
    timeout: float = TIMEOUT
    env: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """The digest of what the policy says that decides its answers.

        The examples have a digest of their own, and how long it may take decides nothing.
        """
        from hashlib import sha256

        return sha256(canonical([self.run, self.data, self.env]).encode()).hexdigest()


def read_probes(section: Section) -> dict[str, Probe]:
    """Return the probes by name; mistakes are kept in the section.

    Args:
        section: The table of all probes.
    """
    return {probe.name: probe for probe in (_read(section, key) for key in section.table)}


def _read(probes: Section, key: str) -> Probe:
    section = probes.section(key)
    name = probes.accepted(key, key, key, most=NAME_MOST, kind="name of a probe")
    if isinstance(probes.table[key], Mapping):
        _check(section)
    return Probe(
        name,
        run=read_command(section),
        data=section.text("data", most=4_000),
        digest=_digest(section),
        timeout=section.seconds("timeout", TIMEOUT, least=0.1, most=DAY),
        env=read_variables(section),
    )


def _check(section: Section) -> None:
    section.known(PROBE_KEYS)
    if "run" not in section.table:
        hint = 'Write run = ["python", "probes/answer.py", "{path}", "{data}"].'
        section.wrong("", "does not say what to run", hint=hint)
    if "data" not in section.table:
        hint = 'Write data = "probes/examples.csv".'
        section.wrong("", "names no file with examples", hint=hint)


def warn_probe(section: Section, probe: Probe) -> None:
    """Keep what may not be meant: words in braces that stand for nothing.

    Args:
        section: The table that the probe was read from.
        probe: The probe.
    """
    for n, word in enumerate(probe.run):
        for meant in dict.fromkeys(_PLACEHOLDER.findall(word)):
            if meant not in PLACEHOLDERS:
                says = f"holds {{{meant}}}, which stands for nothing"
                required = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
                near = nearest(meant, PLACEHOLDERS)
                section.wrong(("run", n), says, required=required, hint=near, warning=True)


def _digest(section: Section) -> str:
    """Return the digest that pins the examples; 64 digits alone are understood."""
    given = section.text("digest", most=200).lower()
    if not given:
        return ""
    pinned = given if ":" in given else f"sha256:{given}"
    if _DIGEST.fullmatch(pinned):
        return pinned
    hint = "modelshelf probe shows the present one." if len(given) < len("sha256:") else ""
    section.wrong("digest", "is no digest", observed=given, required=_DIGEST_FORM, hint=hint)
    return ""


def find_probe(probes: Mapping[str, Probe], name: str) -> Probe:
    """Return the probe that the policy calls ``name``.

    Raises:
        NotFound: There is none; the hint names the nearest.
    """
    if name in probes:
        return probes[name]
    known = ", ".join(safe(each, NAME_MOST) for each in probes)
    raise NotFound(
        f"there is no probe {safe(name, NAME_MOST)!r}",
        why=f"the policy has {known}" if known else "the policy has none",
        hint=nearest(name, tuple(probes)) or f"Define it under [probes.{_bare(name)}].",
        subject=name,
    )


def _bare(name: str) -> str:
    return name if name.isascii() and name.replace("-", "").isalnum() else "NAME"


def explain_probe(probe: Probe) -> str:
    """Return what a probe does, as a sentence."""
    pinned = f"pinned to {probe.digest[:19]}…" if probe.digest else "not pinned"
    limit = duration_text(probe.timeout)
    said = f"the probe {probe.name} runs {' '.join(probe.run)} within {limit}"
    return safe(f"{said} on {probe.data}, which is {pinned}", 400)


def settings_of_probe(probe: Probe) -> Iterator[tuple[str, Any]]:
    """Yield the settings of a probe in the order in which they are written."""
    yield from (("run", probe.run), ("data", probe.data))
    if probe.digest:
        yield "digest", probe.digest
    yield from (("timeout", probe.timeout), ("env", probe.env))
