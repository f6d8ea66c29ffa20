"""One call of the command line in this process: what it answered, what it said, how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from modelshelf.cli.faults import BUG
from modelshelf.cli.root import command_line
from modelshelf.cli.session import Session


@dataclass(frozen=True)
class Call:
    """How a call ended and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def answer(self) -> Any:  # noqa: ANN401 - JSON
        """The JSON object on stdout."""
        return json.loads(self.stdout)

    @property
    def error(self) -> Any:  # noqa: ANN401 - JSON
        """The JSON object of a failure on stderr."""
        return json.loads(self.stderr)["error"]


@dataclass
class Shell:
    """Somebody at a command line, in front of one registry.

    Attributes:
        registry: Its folder.
        clock: Tells the time; ``None`` for the system's clock.
        says: The answer to every question; ``None`` where nobody can be asked.
        asked: The questions that came up.
    """

    registry: Path
    clock: Callable[[], datetime] | None = None
    says: bool | None = None
    asked: list[str] = field(default_factory=list)

    def __call__(self, *words: str | Path, home: Path | None = None) -> Call:
        """Run `modelshelf -R registry words...`."""
        session = Session(actor="ana", clock=self.clock, answer_to=self._answer())
        place = str(home or self.registry.parent)
        folders = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"), place)
        done = CliRunner(env=folders).invoke(
            command_line, ["-R", str(self.registry), *map(str, words)], obj=session
        )
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        reports = sorted(Path(place).rglob("crashes/*.txt"), key=lambda f: f.stat().st_mtime_ns)
        if done.exit_code == BUG and (reports or not done.stdout):  # else it is an answer
            raise AssertionError(
                reports[-1].read_text(encoding="utf-8") if reports else done.stderr
            )
        return Call(done.exit_code, done.stdout, done.stderr)

    def json(self, *words: str | Path) -> Any:  # noqa: ANN401 - JSON
        """Run a command that must succeed, or whose exit code answers too; return its JSON."""
        done = self(*words, "--json")
        assert done.code == 0 or (done.code == BUG and done.stdout), done.stderr
        return done.answer

    def _answer(self) -> Callable[[str], bool] | None:
        if self.says is None:
            return None

        def answer(question: str) -> bool:
            self.asked.append(question)
            return bool(self.says)

        return answer
