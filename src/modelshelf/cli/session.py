"""One call of the command line: what was asked of it, and where answers and narration go."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from modelshelf.cli.screen import Screen, look, someone_answers
from modelshelf.domain.errors import Invalid, Refused
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.cli.progress import Progress
    from modelshelf.registry import Registry

_LINE_MOST = 10_000
Lines = Callable[[Screen], Iterable[str]]


@dataclass(eq=False, repr=False)
class Session:
    """One call of the command line.

    Attributes:
        registry: The folder named by ``-R``; ``None`` to look for it.
        json: Whether the answer is JSON.
        quiet: Whether narration is left out.
        as_of: The moment or entry at which to look, as typed; ``None`` for now.
        actor: The name that changes are recorded under; ``None`` for the person's own.
        no_color: Whether bold and colour are left out.
        clock: Tells the time; ``None`` for the system's clock.
        answer_to: Answers a question with yes or no; ``None`` to ask at the terminal.
    """

    registry: str | None = None
    json: bool = False
    quiet: bool = False
    as_of: str | None = None
    actor: str | None = None
    no_color: bool = False
    clock: Callable[[], datetime] | None = None
    answer_to: Callable[[str], bool] | None = None

    @contextmanager
    def open(self) -> Iterator[Registry]:
        """Open the registry that is meant, as it is now or as it was at the moment asked for."""
        from modelshelf.registry import open_registry

        with open_registry(self.registry, actor=self.actor, clock=self.clock) as registry:
            if self.as_of is None:
                yield registry
                return
            past = registry.at(moment(self.as_of))
            self._say_when(past)
            yield past

    def show(self, answer: Mapping[str, object], lines: Lines) -> None:
        """Write the answer to stdout: as one JSON object, or as the lines for people."""
        if self.json:
            self._write(_json(answer))
            return
        text = "\n".join(lines(look(sys.stdout, plain=self.no_color)))
        if text:
            self._write(text)

    def say(self, sentence: str) -> None:
        """Write one line of narration to stderr, unless quiet or JSON was asked for."""
        if not (self.quiet or self.json):
            self.warn(sentence)

    def warn(self, sentence: str) -> None:
        """Write one line to stderr that is not to be missed."""
        sys.stdout.flush()  # so that the two streams meet in the order in which things were said
        sys.stderr.write(f"{safe(sentence, _LINE_MOST)}\n")
        sys.stderr.flush()

    def tell(self, lines: Lines) -> None:
        """Write lines of narration to stderr, such as a plan before its question."""
        if not (self.quiet or self.json):
            sys.stdout.flush()
            screen = look(sys.stderr, plain=self.no_color)
            sys.stderr.write("".join(f"{line}\n" for line in lines(screen)))
            sys.stderr.flush()

    def ask(self, question: str) -> None:
        """Go on only if somebody says yes.

        Raises:
            Refused: Nobody can be asked, or the answer is no.
        """
        if self.answer_to is not None:
            agreed = self.answer_to(question)
        elif someone_answers():
            sys.stderr.write(f"{safe(question)} [y/N] ")
            sys.stderr.flush()
            agreed = sys.stdin.readline().strip().lower() in ("y", "yes")
        else:
            raise Refused(
                "nobody can be asked here",
                why=f"the question is: {safe(question)}",
                hint="Add --yes to go on without it, or --dry-run to see what would change.",
            )
        if not agreed:
            raise Refused("nothing was changed", why="the answer was no")

    def say_now(self, what: str, hint: str = "") -> None:
        """Say, when a look at the past was asked for, what is of the present all the same.

        Args:
            what: The subject of a sentence that begins with it, such as ``The deliveries``.
            hint: Where to look for what was then, as the end of that sentence.
        """
        if self.as_of is not None:
            self.say(f"{what} are those of now{hint and f'; {hint}'}.")

    def progress(self, doing: str, *, undone: str = "", counted: bool = False) -> Progress:
        """Return the display of a long piece of work; use it in a ``with``.

        Args:
            doing: What is done, such as ``storing model.onnx``.
            undone: What is left undone when the work is stopped half way.
            counted: Whether things are counted and not bytes.
        """
        from modelshelf.cli.progress import Progress

        shown = not self.quiet and look(sys.stderr, plain=True).width is not None
        stream = sys.stderr if shown else None
        return Progress(doing, stream, undone=undone, counted=counted)

    def _say_when(self, past: Registry) -> None:
        if not (self.quiet or self.json):
            for newest in past.audit.entries(limit=1):
                self.warn(f"as of {newest.at:%Y-%m-%dT%H:%M:%SZ} (entry {newest.seq})")

    def _write(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def moment(text: str) -> datetime | int:
    """Return the moment, or the sequence number of the entry, that ``text`` names.

    Raises:
        Invalid: It names neither.
    """
    from modelshelf.domain.plain import read_moment

    given = text.strip()
    number = given.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 12:  # noqa: PLR2004 - digits
        return int(number)
    try:
        return read_moment(given)
    except (ValueError, OverflowError) as exc:
        raise Invalid(
            f"{safe(text, 60)!r} is neither a time nor the number of an entry",
            observed=safe(text, 60),
            hint="Write 2026-05-03, 2026-05-03T09:12 (UTC) or 42; modelshelf log shows both.",
        ) from exc


def _json(answer: Mapping[str, object]) -> str:
    """Return one JSON object of ASCII, so that any text prints anywhere."""
    import json

    from modelshelf.domain.plain import plain

    indent = 2 if look(sys.stdout, plain=True).width is not None else None
    return json.dumps(plain(answer), indent=indent, allow_nan=False)
