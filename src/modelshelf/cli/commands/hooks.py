"""The command for who is told of events: `hooks`."""

from __future__ import annotations

import threading

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session, moment
from modelshelf.cli.values import HOOK, NUMBER, one_word, whole
from modelshelf.cli.views import hooks as view
from modelshelf.cli.views.models import line
from modelshelf.cli.wording import RULES_OF_THEN, plural
from modelshelf.domain.errors import Unavailable
from modelshelf.domain.text import safe

_STATES = ("pending", "delivered", "failed", "skipped")
_SIGNALLED = 128


@command("hooks", example="modelshelf hooks log --state failed")
@click.argument(
    "action", required=False, type=click.Choice(["list", "deliver", "log", "replay", "test"])
)
@click.argument("words", nargs=-1, type=HOOK, metavar="[ID|HOOK]")
@click.option("--state", type=click.Choice(_STATES), help="log: only of this state.")
@click.option("--hook", type=HOOK, metavar="HOOK", help="log: only of this hook.")
@click.option("-n", "--limit", type=NUMBER, default=50, help="log: at most so many.")
@click.option("--since", metavar="WHEN", help="replay HOOK: from this entry or time on.")
@click.option("--forever", is_flag=True, help="deliver: go on until stopped with Ctrl-C.")
@click.pass_obj
def hooks(
    session: Session,
    action: str | None,
    words: tuple[str, ...],
    *,
    state: str | None,
    hook: str | None,
    limit: int,
    since: str | None,
    forever: bool,
) -> int:
    """Show who is told of events, what came of it, and tell them now.

    Without an action the hooks of the policy are listed. "deliver" tells them what they were not
    told yet and ends with 7 when something waits or was given up; the app and `watch` do the same
    while they run. "log" shows the deliveries. "replay ID" tells one again, and "replay HOOK
    --since WHEN" all since then. "test HOOK" sends a test event.
    """
    match action or "list":
        case "deliver" if forever:
            return _forever(session)
        case "deliver":
            return _deliver(session)
        case "log":
            _log(session, hook, state, limit)
        case "replay":
            _replay(session, words, since)
        case "test":
            _test(session, _one(words, "HOOK"))
        case _:
            _list(session)
    return 0


def _list(session: Session) -> None:
    with session.open() as registry:
        found = registry.hooks.list()
    session.show({"hooks": found}, lambda to: view.hooks(to, found))
    session.say_now("The hooks and their deliveries", RULES_OF_THEN)
    if not found:
        session.say("The policy has no hooks.")


def _deliver(session: Session) -> int:
    from modelshelf.watcher.deliverer import told

    with session.open() as registry:
        report = registry.hooks.deliver(progress=lambda each: session.say(told(each)))
    session.show({"deliveries": report}, lambda to: line(to, view.report(report)))
    if report.note:
        session.say(f"Nothing was done: {report.note}.")
    return 7 if not report.note and (report.waiting or report.failed) else 0


def _forever(session: Session) -> int:
    from modelshelf.cli.commands.drops import stopped_by_signals
    from modelshelf.watcher.deliverer import Deliverer

    with session.open():  # says what is wrong before it begins
        pass
    stop = threading.Event()

    def log(text: str) -> None:
        session.warn(text) if session.json else session.show({}, lambda to: line(to, text))

    with stopped_by_signals(stop) as signals:
        deliverer = Deliverer(session.open, log)
        deliverer.start()
        stop.wait()
        deliverer.stop()
    return _SIGNALLED + signals[0] if signals else 0


def _log(session: Session, hook: str | None, state: str | None, limit: int) -> None:
    with session.open() as registry:
        found = registry.hooks.deliveries(hook=hook, state=state, limit=limit)
    session.show({"deliveries": found}, lambda to: view.deliveries(to, found))
    session.say_now("The deliveries")
    if not found:
        session.say("There are no such deliveries.")


def _replay(session: Session, words: tuple[str, ...], since: str | None) -> None:
    word = _one(words, "ID or HOOK")
    with session.open() as registry:
        count = (
            registry.hooks.replay(_number(word))
            if since is None
            else registry.hooks.replay(hook=word, since=moment(since))
        )
    session.show({"replayed": count}, lambda to: line(to, str(count)))
    session.say(f"{plural(count, 'event')} will be told again by the next delivery.")


def _test(session: Session, hook: str) -> None:
    with session.open() as registry:
        outcome = registry.hooks.test(hook)
    session.show({"outcome": outcome}, lambda to: line(to, outcome.said))
    if not outcome.delivered:
        raise Unavailable(f"the hook {safe(hook, 60)} was not told", why=outcome.said)


def _number(word: str) -> int:
    hint = "modelshelf hooks log shows the numbers; a hook is replayed with --since."
    return whole(word, "the number of a delivery", hint)


def _one(words: tuple[str, ...], what: str) -> str:
    return one_word(words, what, "See modelshelf hooks.")


COMMANDS = {c.name: c for c in (hooks,)}
