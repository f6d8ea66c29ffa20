"""The command that lets versions answer pinned examples: `probe`."""

from __future__ import annotations

import click

from modelshelf.cli.command import command
from modelshelf.cli.session import Session
from modelshelf.cli.values import REFERENCE, Word
from modelshelf.cli.views import probes as view
from modelshelf.cli.wording import plural


@command("probe", example="modelshelf probe churn:v2 churn:v3 --probe holdout")
@click.argument("references", nargs=-1, required=True, type=REFERENCE, metavar="REFERENCE...")
@click.option(
    "--probe", type=Word("probe"), required=True, metavar="NAME",
    help="Which one; [probes.NAME] defines it.",
)  # fmt: skip
@click.option("--force", is_flag=True, help="Ask again although the answers are known.")
@click.pass_obj
def probe(session: Session, references: tuple[str, ...], *, probe: str, force: bool) -> None:
    """Let versions answer a set of examples with the policy's command, and keep the answers.

    What a version has answered to the same probe and the same examples is not asked again.
    modelshelf compare --probe NAME shows where the answers differ.
    """
    with session.open() as registry:
        found = []
        for reference in references:
            session.say(f"Asking {reference} …")
            found.append(registry.comparisons.probe(reference, probe, force=force))
        pinned = any(p.digest for p in registry.policy.probes.values() if p.name == probe)
    session.show({"answers": found}, lambda to: view.answers(to, found))
    if not pinned:
        session.say(f'The examples are not pinned. To pin them: digest = "sha256:{found[0].data}"')
    if len(found) > 1:
        shown = " ".join(each.reference for each in found)
        session.say(
            f"{plural(len(found), 'version')} answered: modelshelf compare {shown} --probe {probe}"
        )


COMMANDS = {c.name: c for c in (probe,)}
