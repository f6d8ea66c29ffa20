"""How columns and tables are declared, for the modules of the schema."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text
from sqlmodel import Field

STRICT: dict[str, Any] = {"sqlite_strict": True}
KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}


def text(**options: Any) -> Any:  # noqa: ANN401 - SQLModel's Field is typed Any
    """Return a column of text."""
    return Field(sa_type=Text, **options)


def link(target: str, **options: Any) -> Any:  # noqa: ANN401 - SQLModel's Field is typed Any
    """Return a column that refers to ``target``, a table's column."""
    return Field(foreign_key=target, **options)
