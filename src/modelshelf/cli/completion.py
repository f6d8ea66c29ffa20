"""What a shell is offered when somebody presses Tab; never an error, never slow.

click's own script for bash does not know that `:`, `@` and `=` end a word there, so a reference
would be completed twice; ours sends the line as typed and takes the finished part off again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
    shell_complete,
    split_arg_string,
)

from modelshelf.cli.session import Session
from modelshelf.domain.text import safe

if TYPE_CHECKING:
    import click

    from modelshelf.registry import Registry

VARIABLE = "_MODELSHELF_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
_MOST = 50
_BASH = """\
%(complete_func)s() {
    local line="${COMP_LINE:0:COMP_POINT}" type value
    local word="${line##*[[:space:]]}" mark done=""
    # What stands before the last of these characters is a finished word for bash.
    for mark in : =; do
        if [[ $COMP_WORDBREAKS == *$mark* && ${word#"$done"} == *$mark* ]]; then
            done="${word%%"${word##*"$mark"}"}"
        fi
    done
    if [[ $COMP_WORDBREAKS == *@* && ${word#"$done"} == *@* ]]; then
        done="${word%%"@${word##*@}"}"
    fi
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("${value#"$done"}"); [[ $value == *[:@=] ]] && compopt -o nospace ;;
        esac
    done < <(COMP_WORDS="$line" COMP_CWORD=-1 %(complete_var)s=bash_complete "$1" 2>/dev/null)
    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class LineBash(BashComplete):
    """Completion for bash by the whole line; a word index of -1 means the word at its end."""

    source_template = _BASH

    @staticmethod
    def _check_version() -> None:
        """Do not start a bash only to ask its version."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the finished words and the one that is being typed."""
        if os.environ.get("COMP_CWORD") != "-1":
            return super().get_completion_args()
        line = os.environ.get("COMP_WORDS", "")
        words = split_arg_string(line)
        typing = bool(words) and not line[-1:].isspace()
        return (words[1:-1], words[-1]) if typing and len(words) > 1 else (words[1:], "")


def script(shell: str, group: click.Command) -> str:
    """Return the text that a shell reads to complete `modelshelf`."""
    add_completion_class(LineBash, "bash")
    kind: type[ShellComplete] | None = get_completion_class(shell)
    if kind is None:
        raise LookupError(shell)
    return kind(group, {}, "modelshelf", VARIABLE).source()


def complete(group: click.Command, extra: dict[str, Any]) -> int:
    """Answer a shell that asks what may stand here; whatever goes wrong, the answer is nothing."""
    add_completion_class(LineBash, "bash")
    try:
        return shell_complete(group, extra, "modelshelf", VARIABLE, os.environ[VARIABLE])
    except Exception:  # noqa: BLE001 - a terminal in the middle of a line is no place for an error
        return 0


def offers(
    kind: str, context: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return what the catalog offers for a word of this kind that begins with ``incomplete``."""
    del param
    session = context.find_object(Session)
    ask = _ASKED.get(kind)
    if session is None or ask is None:
        return []
    try:
        with session.open() as registry:
            found = [str(word) for word in ask(registry, context, incomplete)]
    except Exception:  # noqa: BLE001 - as above
        return []
    harmless = [word for word in found if safe(word) == word and "," not in word]
    return [CompletionItem(w) for w in harmless if w.startswith(incomplete)][:_MOST]


def _models(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del context
    return registry.models.names(begun, limit=_MOST)


def _references(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    model, at, _ = begun.partition("@")
    if at:
        labels = (*registry.policy.assignable, *registry.versions.aliases(model))
        return [f"{model}@{label}" for label in labels]
    model, colon, _ = begun.partition(":")
    if colon:
        versions = registry.versions.list(model, limit=_MOST)
        return [f"{model}:latest", *(f"{model}:v{v.number}" for v in versions)]
    names = list(_models(registry, context, begun))
    if len(names) == 1:  # the name is clear: go on to what may follow it
        return [f"{names[0]}:", f"{names[0]}@"]
    return names


def _stages(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del context, begun
    return registry.policy.assignable


def _aliases(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del begun
    reference = str(context.params.get("reference") or "")
    return registry.versions.aliases(reference.partition(":")[0].partition("@")[0])


def _events(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del registry, context, begun
    from modelshelf.domain.events import EVENTS

    return sorted(EVENTS)


def _hooks(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del context, begun
    return [hook.key for hook in registry.policy.hooks]


def _probes(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del context, begun
    return [probe.name for probe in registry.policy.probes.values()]


def _sections(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del registry, context, begun
    from modelshelf.domain.comparison import SECTIONS

    return SECTIONS


def _suggested(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    del begun
    # An option that still waits for its value keeps click from naming what stands before it.
    reference = context.params.get("reference") or next(iter(context.args), None)
    if reference is None:
        return []
    found = registry.lineage.suggestions(str(reference), limit=_MOST)
    return dict.fromkeys(each.target for each in found)


def _consumed(registry: Registry, context: click.Context, begun: str) -> Iterable[str]:
    actions = [word for word in ("unused", "forget") if word.startswith(begun)]
    return [*actions, *_references(registry, context, begun)]


_ASKED: dict[str, Callable[[Registry, click.Context, str], Iterable[str]]] = {
    "model": _models,
    "reference": _references,
    "stage": _stages,
    "alias": _aliases,
    "event": _events,
    "hook": _hooks,
    "consumed": _consumed,
    "probe": _probes,
    "section": _sections,
    "suggested": _suggested,
}
