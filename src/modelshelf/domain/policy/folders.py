"""The drop folders of the policy file."""

from __future__ import annotations

from modelshelf.domain.drop_rule import DropFolder, check_rule
from modelshelf.domain.policy import DAY
from modelshelf.domain.policy.problem import written
from modelshelf.domain.policy.section import Section

FOLDER_KEYS = (
    "path", "model", "pattern", "settle", "settle_folder", "keep", "pickles", "watch",
)  # fmt: skip


def read_folder(section: Section) -> DropFolder:
    """Return the drop folder that a table describes; what is wrong is kept in the section."""
    section.known(FOLDER_KEYS)
    default = DropFolder()
    model = section.text("model", default.model, most=300)
    pattern = section.text("pattern", most=1_000, empty=True)

    def check() -> str:
        check_rule(written(section.place), model, pattern)
        return "fits"

    # Which of the two is wrong stands in the sentence; with both at fault the model is the place.
    fits = section.attempt("model" if "model" in section.table else "pattern", check, "")
    return DropFolder(
        path=section.text("path", default.path, most=4_000),
        model=model if fits else default.model,
        settle=section.seconds("settle", default.settle, most=DAY),
        settle_folder=section.seconds("settle_folder", default.settle_folder, most=DAY),
        keep=section.choice("keep", ("move", "copy", "adopt"), default.keep),
        pattern=pattern if fits else default.pattern,
        pickles=section.choice("pickles", ("accept", "quarantine"), default.pickles),
        watch=section.choice("watch", ("auto", "events", "poll"), default.watch),
    )
