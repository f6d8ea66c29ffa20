"""What can be asked about a source, and how it is answered in whichever process looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from modelshelf.formats.interface import Inspector
from modelshelf.formats.looking import look, measure, survey, tensors
from modelshelf.formats.needing import needs
from modelshelf.formats.source import Source

Question = Literal["inspect", "measure", "tensors", "needs", "survey"]

ANSWERS: dict[Question, Callable[[Source, tuple[Inspector, ...]], Any]] = {
    "inspect": look,
    "measure": measure,
    "tensors": tensors,
    "needs": needs,
    "survey": survey,
}


def answer_here(question: Question, source: Source) -> Any:  # noqa: ANN401 - one of four types
    """Answer in this process, without its protection; inspectors of other people are not loaded."""
    from modelshelf.formats.registry import gathered

    return ANSWERS[question](source, gathered(()))
