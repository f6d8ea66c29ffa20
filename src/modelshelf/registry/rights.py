"""Rights: the one place where it is decided who may call a method of the registry.

Every public method of a part names the role it takes. The check stands before anything else the
method does, so every door meets it, and a test walks all methods with all roles.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from types import CodeType

    from modelshelf.catalog.database import Database
    from modelshelf.registry.context import Context

Role = Literal["viewer", "contributor", "reviewer", "admin"]
Kind = Literal["reference", "models", "version", "request", "entry", "thing"]
_P = ParamSpec("_P")
_R = TypeVar("_R")
_RANKS: dict[str, int] = {"viewer": 0, "contributor": 1, "reviewer": 2, "admin": 3}
# The registry and the rank for which a call was allowed that is still going on in this thread.
_WITHIN: ContextVar[tuple[Database, int] | None] = ContextVar("modelshelf_right", default=None)


class _Part(Protocol):
    _context: Context


_S = TypeVar("_S", bound=_Part)


def right(
    role: Role,
    of: str | tuple[str, ...] = "",
    *,
    kind: Kind = "reference",
    doing: str = "",
    about: str = "",
) -> Callable[[Callable[Concatenate[_S, _P], _R]], Callable[Concatenate[_S, _P], _R]]:
    """Say which role a method takes.

    What the method itself calls, of this part or another, is allowed as far as the same role goes.

    Args:
        role: The least role that may call it.
        of: The name of the parameter that says which model it is about; several names when it is
            about several; empty for methods about the registry as a whole, which is also meant
            when all of them are ``None`` or left out, or a list is empty.
        kind: What the parameter holds: a model's name or a ``reference``, or a list of them; a
            pattern of ``models``; a ``thing`` of the lineage, which is a version or about the
            registry as a whole; the id of a ``version``, or several; the number of a ``request``
            or of an ``entry`` of the log.
        doing: What the method does, in words that what it is about can follow; by default its name.
        about: The name of the parameter that the sentence names, where it is none of those.
    """
    names = ((of,) if of else ()) if isinstance(of, str) else of

    def decorate(
        method: Callable[Concatenate[_S, _P], _R],
    ) -> Callable[Concatenate[_S, _P], _R]:
        places = tuple((name, _place(method, name)) for name in names)
        told = (about, _place(method, about)) if about else None
        words = doing or ("look at" if role == "viewer" else method.__name__.replace("_", " "))

        @wraps(method)
        def checked(self: _S, /, *args: _P.args, **named: _P.kwargs) -> _R:
            context = self._context
            if context.seq is None:
                context.follow_policy()
            if not context.policy.grants:
                if role != "viewer" and context.policy.named_actors is not True:
                    _ = context.actor  # refused, where the policy does not allow the name
                return method(self, *args, **named)
            subjects = [_given(args, named, one) for one in places]
            said = _given(args, named, told) if told else None
            check_right(context, role, *subjects, kind=kind, doing=words, about=said)
            mark = _WITHIN.set((context.database, _RANKS[role]))
            try:
                return method(self, *args, **named)
            finally:
                _WITHIN.reset(mark)

        checked.__dict__.update(right=role, of=names, kind=kind)
        return checked

    return decorate


def _given(args: tuple[Any, ...], named: dict[str, Any], one: tuple[str, int]) -> Any:  # noqa: ANN401
    name, place = one
    return args[place] if 0 <= place < len(args) else named.get(name)


def _place(method: Callable[..., Any], name: str) -> int:
    """Return at which place of the arguments a parameter is; -1 when it is given by name only."""
    while hasattr(method, "__wrapped__"):
        method = method.__wrapped__
    code: CodeType = method.__code__
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    place = parameters.index(name)  # a name that is none fails as soon as the module is read
    return place - 1 if place < code.co_argcount else -1


def check_right(
    context: Context,
    role: Role,
    *subjects: Any,  # noqa: ANN401 - whatever a caller gave
    kind: Kind = "reference",
    doing: str = "",
    about: Any = None,  # noqa: ANN401 - whatever a caller gave
) -> None:
    """Check that the actor may do what takes ``role``.

    Args:
        context: The registry.
        role: What it takes.
        *subjects: What it is about, as ``kind`` says; none, or ``None``: the registry as a whole.
        kind: What the subjects are; see :func:`right`.
        doing: What is being done, in words that a subject, or "this registry", can follow.
        about: What the sentence names instead of the subjects.

    Raises:
        Refused: They may not; says which role it takes and who has it.
        Invalid: They may on some models, and the subject cannot be read.
    """
    from modelshelf.domain.roles import may, may_somewhere

    within, policy = _WITHIN.get(), context.policy
    if within is not None and within[0] is context.database and within[1] >= _RANKS[role]:
        return
    if role == "viewer" and not any(grant.role == role for grant in policy.grants):
        return  # reading asks nobody who they are
    actor = context.actor
    if may(policy, actor, role):
        return
    if may_somewhere(policy, actor, role):
        from modelshelf.registry.subjects import models_of

        models = models_of(context, subjects, kind)
        if models and all(may(policy, actor, role, model) for model in models):
            return
    shown = subjects if about is None else (about,)
    raise _refusal(context, role, shown, kind=kind, doing=doing)


def check_name(context: Context, name: str, *, doing: str) -> None:
    """Check that an admin may call a model ``name``, whatever model was called so before.

    Raises:
        Refused: Their role is limited to models of other names.
    """
    from modelshelf.domain.roles import may

    if not may(context.policy, context.actor, "admin", name):
        raise _refusal(context, "admin", (name,), kind="reference", doing=doing)


def _refusal(
    context: Context, role: Role, subjects: tuple[Any, ...], *, kind: Kind, doing: str
) -> Exception:
    from modelshelf.domain.errors import Refused
    from modelshelf.domain.roles import holders_in_words, roles_in_words
    from modelshelf.domain.text import safe

    given = [s for s in subjects if s and isinstance(s, str | int)]
    counted = kind in ("version", "request", "entry") and not doing.endswith(kind)
    numbered = f"{kind} " if counted else ""
    about = " and ".join(f"{numbered}{safe(s, 80)}" for s in given) or "this registry"
    policy, actor = context.policy, context.actor
    return Refused(
        f"{safe(actor, 60)} may not {doing or 'change'} {about}",
        why=f"that takes the role {role}",
        observed=f"{safe(actor, 60)}: {roles_in_words(policy, actor)}",
        required=f"{role}: {holders_in_words(policy, role)}",
        hint="Ask one who has it, or an admin to grant it in modelshelf.toml.",
        subject=safe(given[0], 200) if given else "",
    )
