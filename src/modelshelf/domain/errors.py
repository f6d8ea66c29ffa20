"""Every failure a user can meet, as data; the sentence is made at the door.

ModelshelfError
├── Invalid        what was given cannot be used: a name, a value, a file      exit 2
├── NotFound       what was named does not exist                               exit 3
├── Conflict       it exists already, or somebody else is doing it now         exit 4
├── Refused        a rule, a policy or a permission says no                    exit 5
├── Corrupt        stored bytes or history are not what was written            exit 6
└── Unavailable    the machine cannot do it now: no space, no right, locked    exit 7
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from modelshelf.domain.content import Content
    from modelshelf.domain.inspection import Inspection


class ModelshelfError(Exception):
    """The root of the tree; never raised itself.

    Attributes:
        what: The failure in one clause, with the value that caused it.
        why: The reason, when ``what`` does not already say it.
        observed: The value that was found, where one was measured.
        required: The value that was needed.
        hint: What to do next.
        subject: The thing the failure is about, a reference or a path.
    """

    family: ClassVar[str] = "error"

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        observed: object = None,
        required: object = None,
        hint: str = "",
        subject: str = "",
    ) -> None:
        """Keep the data; see the class for the meaning of each field."""
        super().__init__(what)
        self.what = what
        self.why = why
        self.observed = observed
        self.required = required
        self.hint = hint
        self.subject = subject

    def __str__(self) -> str:
        """One or two plain sentences: what, why, and what to do."""
        first = f"{self.what}: {self.why}" if self.why else self.what
        first = first if first.endswith((".", "?", "!")) else f"{first}."
        return f"{first} {self.hint}".strip()


class Invalid(ModelshelfError):
    """What was given cannot be used."""

    family = "invalid"


class Unstorable(Invalid):
    """A file or folder that cannot be kept as it is: a link in it, names that clash, no files."""


class NotFound(ModelshelfError):
    """What was named does not exist."""

    family = "not_found"


class Conflict(ModelshelfError):
    """It exists already, or somebody else is doing it now."""

    family = "conflict"


class Refused(ModelshelfError):
    """A rule, a policy or a permission says no."""

    family = "refused"


class Unsafe(Refused):
    """Bytes that no version may have: unsafe, broken, or not looked at to the end.

    Attributes:
        inspection: What looking into them found.
        content: What they are.
        rule: Code of the reason, such as ``pickle.global.dangerous``.
    """

    inspection: Inspection | None = None
    content: Content | None = None
    rule: str = ""


class Corrupt(ModelshelfError):
    """Stored bytes or history are not what was written."""

    family = "corrupt"


class Unavailable(ModelshelfError):
    """The machine cannot do it now."""

    family = "unavailable"


FAMILIES: tuple[type[ModelshelfError], ...] = (
    Invalid,
    NotFound,
    Conflict,
    Refused,
    Corrupt,
    Unavailable,
)
