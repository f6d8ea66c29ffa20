"""Tell one hook one thing, once, and say what came of it in a few words without a secret."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelshelf._version import __version__
from modelshelf.domain.deliveries import Outcome
from modelshelf.domain.errors import ModelshelfError
from modelshelf.domain.text import safe
from modelshelf.hooks.addresses import read_target
from modelshelf.hooks.envelope import CONTENT_TYPE
from modelshelf.hooks.secrets import read_secret, redact
from modelshelf.hooks.signing import headers, read_keys

if TYPE_CHECKING:
    from modelshelf.domain.policy import Hook

_OUTPUT_MOST = 8_192
_SAID_MOST = 300
_SHOWN_MOST = 200
_GOOD = range(200, 300)
_ELSEWHERE = range(300, 400)


def tell(
    hook: Hook,
    ident: str,
    body: bytes,
    *,
    root: Path,
    at: datetime,
    stopping: Callable[[], bool] | None = None,
    **rules: Any,  # noqa: ANN401 - what `posting.post` takes besides, for tests
) -> Outcome:
    """Tell ``hook``; whatever goes wrong is in the answer.

    Args:
        hook: Whom.
        ident: The id of what is told.
        body: The envelope.
        root: The registry's folder, in which a command runs.
        at: Now, UTC.
        stopping: Is asked now and then; when it says true, a command is stopped.
        rules: How a webhook is posted, where it is not as usual.
    """
    hidden: list[str] = [value for name in hook.env if (value := os.environ.get(name))]
    try:
        if hook.run:
            outcome = _run(hook, ident, body, root, stopping)
        else:
            outcome = _post(hook, ident, body, root, at, hidden, rules)
    except ModelshelfError as error:
        outcome = Outcome(delivered=False, said=str(error))
    said = safe(redact(outcome.said, hidden), _SAID_MOST)
    return Outcome(outcome.delivered, said, outcome.wait)


def shown(hook: Hook) -> str:
    """Return what a hook tells, fit to be shown: a command, or an address without its path."""
    if hook.run:
        return safe(redact(shlex.join(hook.run), ()), _SHOWN_MOST)
    try:
        return safe(read_target(hook.url).shown, _SHOWN_MOST)
    except ModelshelfError:
        return "an address that cannot be used"


def _run(
    hook: Hook, ident: str, body: bytes, root: Path, stopping: Callable[[], bool] | None
) -> Outcome:
    from modelshelf.hooks.command import run_command

    given = {name: os.environ[name] for name in hook.env if name in os.environ}
    ran = run_command(
        hook.run,
        stdin=body + b"\n",
        timeout=hook.timeout,
        output_most=_OUTPUT_MOST,
        env={**given, "MODELSHELF_REGISTRY": str(root), "MODELSHELF_HOOK_ID": ident},
        cwd=root,
        stopping=stopping,
    )
    if ran.passed:
        return Outcome(delivered=True, said="ended with 0")
    words = ran.output.decode("utf-8", "replace").split("\n")
    last = next((line.strip() for line in reversed(words) if line.strip()), "")
    how = ran.why or f"ended with {ran.exit_code}"
    return Outcome(delivered=False, said=f"{how}: {last}" if last else how)


def _post(
    hook: Hook,
    ident: str,
    body: bytes,
    root: Path,
    at: datetime,
    hidden: list[str],
    rules: dict[str, Any],
) -> Outcome:
    from modelshelf.hooks.posting import post

    target = read_target(hook.url)
    hidden.append(target.path)
    keys: tuple[bytes, ...] = ()
    if hook.secret:
        secret = read_secret(hook.secret, root)
        hidden.append(secret)
        keys = read_keys(secret)
    told = headers(keys, ident, int(at.timestamp()), body)
    told |= {"Content-Type": CONTENT_TYPE, "User-Agent": f"Modelshelf/{__version__}"}
    answer = post(
        target, body, told, timeout=hook.timeout, allow_loopback=hook.allow_loopback, **rules
    )
    if answer.status in _GOOD:
        return Outcome(delivered=True, said=f"answered {answer.status}")
    why = ", and redirects are not followed" if answer.status in _ELSEWHERE else ""
    return Outcome(delivered=False, said=f"answered {answer.status}{why}", wait=answer.retry_after)
