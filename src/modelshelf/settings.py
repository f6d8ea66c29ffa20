"""Where the registry is, who is acting, and what the policy file says.

Nothing here is remembered between calls, and the folders of the operating system are asked for only
when nothing nearer answers: looking them up costs more than reading a catalog.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf.domain.errors import Invalid, NotFound, Unavailable
from modelshelf.domain.text import accept, safe

if TYPE_CHECKING:
    from modelshelf.domain.policy import Policy

APPLICATION = "modelshelf"
POLICY_FILE = "modelshelf.toml"
REGISTRY_VARIABLE = "MODELSHELF_REGISTRY"
ACTOR_VARIABLE = "MODELSHELF_ACTOR"
ACTOR_MOST = 200
SETTINGS_MOST = 1_000_000


def find_registry(path: str | os.PathLike[str] | None = None) -> Path:
    """Return the absolute folder of the registry that is meant.

    The first that answers: ``path``; ``MODELSHELF_REGISTRY``; the working folder or one above it
    that holds ``modelshelf.toml``; ``registry`` in the person's settings; the user data folder.
    Whether a registry is there is not asked here.

    Raises:
        Invalid: The settings cannot be read as settings.
        Unavailable: The settings cannot be read at all, or the working folder is gone.
    """
    given = os.fspath(path) if path is not None else os.environ.get(REGISTRY_VARIABLE, "")
    if given:
        return Path(_absolute(given))
    above = _policy_above(Path(_absolute("")))
    if above is not None:
        return above
    chosen = personal().get("registry")
    if chosen is not None:
        return Path(_absolute(_setting("registry", chosen, most=4_000)))
    from platformdirs import user_data_path

    return user_data_path(APPLICATION, appauthor=False) / "registry"


def find_actor(actor: str | None = None) -> str:
    """Return the name that the audit log gets for whoever is acting.

    The first that answers: ``actor``; ``MODELSHELF_ACTOR``; ``actor`` in the person's settings;
    the name of the user at the operating system.

    Raises:
        Invalid: The name is empty, too long or holds control characters.
    """
    given = (
        actor if actor is not None else os.environ.get(ACTOR_VARIABLE) or personal().get("actor")
    )
    if given is None:
        given = _login()
    return _setting("actor", given, most=ACTOR_MOST)


def read_policy(registry: Path) -> tuple[Policy, str]:
    """Return the policy of the registry in this folder, and the text it was read from.

    Without a ``modelshelf.toml`` it is the default policy and an empty text.

    Raises:
        Invalid: The file is not TOML, or not a policy.
        Unavailable: The file cannot be read.
    """
    text = _read(registry / POLICY_FILE)
    return parse_text(text or "", str(registry / POLICY_FILE), POLICY_FILE), text or ""


def policy_mark(registry: Path) -> tuple[int, ...]:
    """Return what differs once the policy file was changed; empty when there is none."""
    try:
        status = os.stat(registry / POLICY_FILE)  # noqa: PTH116 - asked before every change
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def parse_text(text: str, file: str, source: str = "") -> Policy:
    """Return the policy that a text describes.

    Args:
        text: The text of a policy file.
        file: What holds it, for the sentence that it is not TOML.
        source: The same in short, for the line of a mistake; ``file`` where it is empty.

    Raises:
        Invalid: The text is not TOML, or not a policy.
    """
    from modelshelf.domain.policy import DEFAULT_POLICY

    table = _toml(text, file)
    if not table:
        return DEFAULT_POLICY
    from modelshelf.domain.policy.reading import parse_policy

    return parse_policy(table, source or file, text)


def policy_text(folder: Path) -> str:
    """Return the text of the ``modelshelf.toml`` in a folder.

    Raises:
        NotFound: There is none.
        Invalid: It is too large, or not UTF-8.
        Unavailable: It cannot be read.
    """
    file = folder / POLICY_FILE
    text = _read(file)
    if text is None:
        hint = "Without it the default policy holds; modelshelf init writes one to begin with."
        raise NotFound(f"there is no file {safe(file)}", hint=hint, subject=str(file))
    return text


def read_text(file: Path) -> str:
    """Return the text of a file with settings.

    Raises:
        NotFound: It is not there.
        Invalid: It is too large, or not UTF-8.
        Unavailable: It cannot be read.
    """
    text = _read(file)
    if text is None:
        raise NotFound(f"there is no file {safe(file)}", subject=str(file))
    return text


def personal() -> Mapping[str, Any]:
    """Return the person's own settings from :func:`config_file`; empty without one.

    Raises:
        Invalid: The file is not TOML.
        Unavailable: The file cannot be read.
    """
    file = config_file()
    text = _read(file)
    return {} if text is None else _toml(text, str(file))


def config_file() -> Path:
    """Return the file in which a person's own settings may stand."""
    from platformdirs import user_config_path

    return user_config_path(APPLICATION, appauthor=False) / "config.toml"


def state_folder() -> Path:
    """Return the folder for what the doors remember: windows, filters, crash reports."""
    from platformdirs import user_state_path

    return user_state_path(APPLICATION, appauthor=False)


def _absolute(path: str) -> str:
    try:
        # Not Path.resolve: a registry reached through a link keeps the name it was given.
        return os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111
    except (OSError, ValueError) as exc:
        raise Unavailable(
            "the working folder cannot be found", why=str(exc), hint="Name the registry with -R."
        ) from exc


def _policy_above(start: Path) -> Path | None:
    for folder in (start, *start.parents):
        if os.path.isfile(folder / POLICY_FILE):  # noqa: PTH113 - False where one may not look
            return folder
    return None


def _login() -> str:
    import getpass

    try:
        return getpass.getuser() or "unknown"
    except (OSError, KeyError, ImportError):  # a container may run under a number without a name
        return "unknown"


def _setting(name: str, value: object, *, most: int) -> str:
    return accept(name, value, most=most, empty=False).strip()


def _read(file: Path) -> str | None:
    try:
        with file.open("rb") as stream:
            data = stream.read(SETTINGS_MOST + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as exc:  # ValueError: a NUL in the path
        why = getattr(exc, "strerror", None) or str(exc)
        raise Unavailable(f"{safe(file)} cannot be read", why=why, subject=str(file)) from exc
    if len(data) > SETTINGS_MOST:
        raise Invalid(
            f"{safe(file)} is too large to hold settings", required=f"{SETTINGS_MOST:,} bytes"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as exc:
        raise Invalid(f"{safe(file)} is not UTF-8 text", why=str(exc), subject=str(file)) from exc


def _toml(text: str, file: str) -> Mapping[str, Any]:
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return {}  # as `init` writes it; the parser would cost every start 3 ms
    import tomllib

    try:
        return tomllib.loads(text)
    except ValueError as exc:  # also a number of more digits than Python reads
        raise Invalid(f"{safe(file)} is not TOML", why=str(exc), subject=file) from exc
    except RecursionError as exc:
        raise Invalid(f"{safe(file)} is nested too deeply", subject=file) from exc
