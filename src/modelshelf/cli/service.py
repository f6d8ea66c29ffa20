"""The watcher as a service of the person's own: a systemd user unit, or a launchd agent.

Sources: systemd.service(5) and systemd.syntax(7) for the unit and its quoting; launchd.plist(5).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from modelshelf.domain.errors import Refused
from modelshelf.domain.text import safe
from modelshelf.settings import state_folder

_NAME_DIGITS = 8
_CONTROL = 0x20
_STOP_S = 120


@dataclass(frozen=True, slots=True)
class Service:
    """One service file.

    Attributes:
        kind: ``systemd`` or ``launchd``.
        file: Where it belongs.
        text: What it says.
        begin: The commands that begin it, now and at every login.
        end: The commands that end it.
        look: The command that shows how it is.
    """

    kind: str
    file: Path
    text: str
    begin: tuple[tuple[str, ...], ...]
    end: tuple[tuple[str, ...], ...]
    look: tuple[str, ...]


def watching_service(registry: Path, actor: str | None, system: str = sys.platform) -> Service:
    """Return the service that watches the drop folders of the registry at ``registry``.

    Args:
        registry: Its folder, absolute.
        actor: Who acts; ``None`` for whoever the service runs as.
        system: As ``sys.platform``.

    Raises:
        Refused: The system has neither systemd nor launchd, or a path that neither can name.
    """
    # -I would leave out what a person installed for themselves, and -m finds this very release.
    words = [sys.executable, "-m", "modelshelf", "-R", str(registry)]
    words += [] if actor is None else ["--actor", actor]
    words.append("watch")
    for word in words:
        if any(ord(char) < _CONTROL for char in word):
            raise Refused(
                f"{safe(word)!r} cannot be named in a service file",
                why="it holds control characters",
            )
    mark = hashlib.sha256(os.fsencode(registry)).hexdigest()[:_NAME_DIGITS]
    if system == "linux":
        return _systemd(words, f"modelshelf-{mark}", registry)
    if system == "darwin":
        return _launchd(words, f"org.modelshelf.watch-{mark}")
    raise Refused(
        "a service cannot be installed here",
        why=f"this is {system}, and only systemd and launchd are known",
        hint=f"Let the task scheduler run this at login: {safe(' '.join(words), 500)}",
    )


def _systemd(words: Sequence[str], name: str, registry: Path) -> Service:
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    unit = f"{name}.service"
    text = f"""\
[Unit]
Description=Modelshelf watches the drop folders of {_percent(str(registry))}
RequiresMountsFor={_quoted(str(registry))}

[Service]
ExecStart={" ".join(_quoted(word, dollars=True) for word in words)}
KillSignal=SIGTERM
SuccessExitStatus=143
TimeoutStopSec={_STOP_S}
Restart=on-failure
RestartSec=30
Nice=5
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
"""
    control = ("systemctl", "--user")
    return Service(
        "systemd",
        home / "systemd" / "user" / unit,
        text,
        ((*control, "daemon-reload"), (*control, "enable", "--now", unit)),
        ((*control, "disable", "--now", unit),),
        (*control, "status", unit),
    )


def _launchd(words: Sequence[str], name: str) -> Service:
    import plistlib

    file = Path.home() / "Library" / "LaunchAgents" / f"{name}.plist"
    log = state_folder() / f"{name}.log"
    agent = {
        "Label": name,
        "ProgramArguments": [*words, "--log-file", str(log)],
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ExitTimeOut": _STOP_S,
        "ThrottleInterval": 30,
        "ProcessType": "Background",
        "Umask": 0o077,
    }
    domain = f"gui/{os.getuid()}" if hasattr(os, "getuid") else "gui/501"
    return Service(
        "launchd",
        file,
        plistlib.dumps(agent).decode(),
        (("launchctl", "bootstrap", domain, str(file)),),
        (("launchctl", "bootout", f"{domain}/{name}"),),
        ("launchctl", "print", f"{domain}/{name}"),
    )


def _quoted(word: str, *, dollars: bool = False) -> str:
    """Return ``word`` as one word of a unit file; ``$`` means something on command lines only."""
    text = word.replace("\\", "\\\\").replace('"', '\\"')
    text = text.replace("$", "$$") if dollars else text
    return f'"{_percent(text)}"'


def _percent(text: str) -> str:
    return text.replace("%", "%%")
