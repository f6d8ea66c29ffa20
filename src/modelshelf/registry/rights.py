"""Rights: the one place where it is decided who may call a method of the registry.

Every public method of a part names the role it takes. The check stands before anything else the
method does, so every door meets it, and a test walks all methods with all roles.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

from modelshelf.domain.errors import Refused
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    from modelshelf.registry.context import Context

Role = Literal["viewer", "contributor", "reviewer", "admin"]
_P = ParamSpec("_P")
_R = TypeVar("_R")


class _Part(Protocol):
    _context: Context


_S = TypeVar("_S", bound=_Part)


def right(
    role: Role, of: str = ""
) -> Callable[[Callable[Concatenate[_S, _P], _R]], Callable[Concatenate[_S, _P], _R]]:
    """Say which role a method takes.

    Args:
        role: The least role that may call it.
        of: The name of the parameter that says which model it is about, by name or by reference;
            empty for methods about the registry as a whole.
    """

    def decorate(
        method: Callable[Concatenate[_S, _P], _R],
    ) -> Callable[Concatenate[_S, _P], _R]:
        code = getattr(method, "__code__", None)
        position = code.co_varnames.index(of) - 1 if of and code is not None else -1

        @wraps(method)
        def checked(self: _S, /, *args: _P.args, **named: _P.kwargs) -> _R:
            if self._context.policy.grants:
                named_one = named.get(of)
                if of and named_one is None and 0 <= position < len(args):
                    named_one = args[position]
                check_right(self._context, role, named_one, doing=method.__name__)
            return method(self, *args, **named)

        checked.__dict__["right"] = role
        return checked

    return decorate


def check_right(context: Context, role: Role, subject: Any = None, *, doing: str = "") -> None:  # noqa: ANN401 - whatever a caller gave
    """Check that the actor may do what takes ``role``.

    Args:
        context: The registry.
        role: What it takes.
        subject: The model, by name or reference; anything else is the registry as a whole.
        doing: What is being done, in words.

    Raises:
        Refused: They may not; says which role it takes and who has it.
    """
    from modelshelf.domain.roles import may

    model = _model(context, subject) if isinstance(subject, str) else ""
    actor = context.actor
    if may(context.policy, actor, role, model):
        return
    who = sorted({g.person for g in context.policy.grants if g.role == role})
    where = f" on {safe(model, 80)}" if model else ""
    raise Refused(
        f"{safe(actor, 60)} may not {safe(doing or 'do this', 60).replace('_', ' ')}{where}",
        why=f"that takes the role {role}",
        observed=actor,
        required=f"{role}: {', '.join(who)}",
        hint="Ask one of them, or an admin to grant the role in modelshelf.toml.",
        subject=model,
    )


def _model(context: Context, subject: str) -> str:
    """Return the present name of the model that is meant; a name of none yet, as given."""
    from modelshelf.domain.errors import ModelshelfError
    from modelshelf.domain.names import parse_reference

    try:
        name = parse_reference(subject).model
        if not name:
            return ""
        return context.live_models().get(name).name
    except ModelshelfError:
        return subject
