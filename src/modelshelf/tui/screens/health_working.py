"""What takes long on the screen of hooks and health, and what is reviewed before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.tui import hooking, proving, rooms
from modelshelf.tui.messages import CatalogChanged
from modelshelf.tui.reasons import PAST
from modelshelf.tui.screens.health_asking import Examining
from modelshelf.tui.tasks import Task

if TYPE_CHECKING:
    from modelshelf.domain.deliveries import Delivery, DeliveryReport, HookStanding

_LONG = ("verify", "deep", "deliver", "plan")
_PRESENT = (*_LONG, "replay", "test", "state", "state_before", "refresh")


class HealthTasks(Examining):
    """One task at a time; it goes on while somebody looks at another part of the app."""

    def __init__(self) -> None:
        """Nothing is at work."""
        super().__init__()
        self._job: Task | None = None
        self._warned = False

    # --- to be told by the screen -----------------------------------------------------------------

    @property
    def part(self) -> str:
        """What is looked at."""
        raise NotImplementedError

    @property
    def delivery(self) -> Delivery | None:
        """The delivery under the cursor."""
        raise NotImplementedError

    @property
    def hook(self) -> HookStanding | None:
        """The hook under the cursor."""
        raise NotImplementedError

    def go_to_part(self, part: str) -> None:
        """Put the cursor on one of the things that are looked at."""
        raise NotImplementedError

    # --- why a key is off -------------------------------------------------------------------------

    def reason_against(self, action: str) -> str:
        """Return why a key of this screen is of no use now."""
        name = action.removeprefix("health.")
        if name in _PRESENT and self.known.past:
            return PAST
        if name in _LONG and self.busy and self._job is not None:
            return f"{self._job.title} is at work: esc stops it."
        if name in ("deliver", "test") and not self._hooks:
            return "The policy has no hooks: [[hooks]] in modelshelf.toml adds one."
        if name == "replay":
            return self._against_replay()
        if name == "test" and self.hook is None:
            return "There is no hook of the policy under the cursor."
        return ""

    def _against_replay(self) -> str:
        if self.delivery is None:
            return "There is no delivery under the cursor: choose one among the deliveries."
        if self.hook is None:
            return "The policy has no such hook any more."
        return "It waits to be told already." if self.delivery.state == "pending" else ""

    @property
    def _hooks(self) -> tuple[HookStanding, ...]:
        return self.known.told.hooks if self.known.told is not None else ()

    # --- tasks ------------------------------------------------------------------------------------

    def _work(self, title: str, unit: str = "") -> Task:
        self.say()
        self._warned = False
        self._job = Task(title, unit)
        return self._job

    def action_verify(self, deep: int = 0) -> None:
        """Verify the log, the tables and that the bytes are there; or read them too."""
        task, clock = self._work("verifying"), self.shelf.clock
        self.go_to_part("log")
        self.begin(
            task, lambda r: proving.prove(r, task, deep=bool(deep), clock=clock), self._proven
        )
        self.refresh_keys()

    def _proven(self, found: proving.Proof | None) -> None:
        if found is not None:
            self.known.proof = found
            self._finished(f"Verified: {found.words}.")

    def action_deliver(self) -> None:
        """Tell the hooks what is due."""
        task = self._work("delivering", "deliveries")
        task.whole = self.known.told.waiting if self.known.told is not None else 0
        self.begin(task, lambda r: hooking.deliver(r, task), self._delivered)
        self.refresh_keys()

    def _delivered(self, done: DeliveryReport | None) -> None:
        if done is not None:
            stopped = self._job is not None and self._job.stopped
            self._finished(hooking.report(done, stopped=stopped))
            self.app.post_message(CatalogChanged())

    def action_plan(self) -> None:
        """Look at what a collection of garbage would free."""
        task, at = self._work("looking what can be freed", "blobs"), self.shelf.clock()
        self.go_to_part("garbage")
        self.begin(task, lambda r: rooms.garbage(r, task, at), self._planned)
        self.refresh_keys()

    def _planned(self, found: rooms.Garbage | None) -> None:
        if found is None:
            self._finished("Stopped: what can be freed is not known.")
        else:
            self.known.garbage = found
            self._finished("")

    def _finished(self, told: str) -> None:
        """Show what came of a task; where nobody looks at this screen, as a passing note."""
        self.say(told)
        if told and not self.is_current:
            self.shelf.tell(told)
        self.draw()

    # --- leaving ----------------------------------------------------------------------------------

    def unsaved(self) -> str:
        """Say once that something is at work."""
        if not self.busy or self._job is None:
            return ""
        if self._warned:
            self.stop_task()
            return ""
        self._warned = True
        told = f"{self._job.title} is at work: q again leaves and stops it."
        self.say(told)
        return told

    def on_unmount(self) -> None:
        """Have what is at work end when the app ends."""
        if self._job is not None:
            self._job.stopped = True

    # --- reviews ----------------------------------------------------------------------------------

    def action_replay(self) -> None:
        """Open the review of telling this delivery again."""
        if self.hook is not None and self.delivery is not None:
            from modelshelf.tui.screens.health_telling import ReplayScreen

            self.app.push_screen(ReplayScreen(self.hook, self.delivery))

    def action_test(self) -> None:
        """Open the review of sending this hook a test event."""
        if self.hook is not None:
            from modelshelf.tui.screens.health_telling import TrialScreen

            self.app.push_screen(TrialScreen(self.hook))
