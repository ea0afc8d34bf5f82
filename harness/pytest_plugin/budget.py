"""A limit on the statements that a block of a test sends."""

from collections import Counter
from types import TracebackType
from typing import Any, Self

import pytest
from sqlalchemy import Engine, event


class QueryBudget:
    """Context manager that counts the statements of every engine while it is open.

    ``most`` is the number of statements allowed; at the end of the block the test fails if there were more, with the
    statements grouped by their text. ``statements`` are the texts sent so far.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.statements: list[str] = []

    def __enter__(self) -> Self:
        event.listen(Engine, "before_cursor_execute", self._sent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        event.remove(Engine, "before_cursor_execute", self._sent)
        if error is None and len(self.statements) > self.most:
            pytest.fail(self._said(), pytrace=False)

    def _sent(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements.append(statement)

    def _said(self) -> str:
        grouped = Counter(" ".join(statement.split()) for statement in self.statements)
        lines = [f"{number:>6} x {statement}" for statement, number in grouped.most_common()]
        sent = len(self.statements)
        return "\n".join([f"{sent} statements were sent where the budget is {self.most}:", *lines])
