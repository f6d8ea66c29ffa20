"""How a thing of the lineage is read from the command line: a reference, or ``dataset:NAME``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelshelf.cli.values import Word

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

_PREFIXES = ("dataset:", "code:", "run:", "features:", "consumer:", "hf:")


class ThingWord(Word):
    """A thing that the registry itself will judge; versions and prefixes are completed."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return references that the catalog offers, and the beginnings of other things."""
        from click.shell_completion import CompletionItem

        begun = [CompletionItem(p) for p in _PREFIXES if p.startswith(incomplete) and incomplete]
        return [*super().shell_complete(ctx, param, incomplete), *begun]


THING = ThingWord("reference")
