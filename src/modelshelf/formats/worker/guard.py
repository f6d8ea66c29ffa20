"""What the interpreter refuses the child once everything it needs is imported.

The audit hook of Python (PEP 578) sees every opening, connecting, starting and importing that goes
through the interpreter. It is portable, where the limits of the system are not, and it tells what
was tried. It is no wall: machine code goes past it, and for that there is ``confine``.
"""

from __future__ import annotations

import resource
import sys
from typing import Any

# Whatever is not named here is refused; these neither reach outside nor run anything.
_HARMLESS = frozenset(
    {
        "array.__new__",
        "builtins.id",
        "object.__delattr__",
        "object.__getattr__",
        "object.__setattr__",
        "signal.setitimer",
        "sys._getframe",
        "sys.excepthook",
        "sys.unraisablehook",
        "time.sleep",
    }
)
_MOST_TOLD = 10


class Guard:
    """Refuses and remembers.

    Attributes:
        refused: What was tried since it was last looked at, as names of audit events.
    """

    def __init__(self) -> None:
        """Refuse nothing yet."""
        self.refused: list[str] = []

    def install(self) -> None:
        """Refuse from now on; there is no way back."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _HARMLESS:
            return
        if event == "resource.setrlimit" and arguments[0] == resource.RLIMIT_CPU:
            return
        if event == "import":
            name = str(arguments[0])
            # A codec that is unknown here is looked for by every text that claims to use it.
            if not name.startswith("encodings."):
                self._remember(f"import of {name}")
            raise ImportError(f"{name} is not loaded in the process that looks into files")
        self._remember(event)
        raise PermissionError(1, f"{event} is refused to the process that looks into files")

    def _remember(self, what: str) -> None:
        if len(self.refused) < _MOST_TOLD and what not in self.refused:
            self.refused.append(what)
