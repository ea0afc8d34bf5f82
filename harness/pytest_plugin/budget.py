"""A limit on the statements that a block of a test sends."""

import inspect
import linecache
import os
import re
import sys
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import pytest
import sqlalchemy
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.sql.expression import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause

if TYPE_CHECKING:  # SQLAlchemy 2.1 refuses the import where the package greenlet is not installed
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    Observed = Engine | Connection | AsyncEngine | AsyncConnection


class CodeLine(NamedTuple):
    """A line of code: its file, its number from 1, and the qualified name of the function it is in."""

    file: str
    number: int
    function: str


class SentStatement(NamedTuple):
    """A statement as it went to the driver.

    ``lines`` are the user's line that sent it and, where that is another one, the line of the block it was called from;
    there are none where only libraries were running. ``connection`` numbers the driver's connections from 1, in the order
    of their first statements in the block.
    """

    text: str
    lines: tuple[CodeLine, ...]
    connection: int


class QueryBudget:
    """Context manager that counts the statements sent while it is open, by sync and async engines alike, in any thread.

    ``most`` is the number of statements allowed. ``on`` limits the count to those of one engine or connection; without it
    all engines count, and connections that were opened before the block. Paths are given relative to ``root``.

    A statement is what goes to the driver in one call: an executemany is one, each batch of an insert of many rows is one.
    What begins and ends transactions and savepoints is none, so that a test whose session lives in a savepoint counts what
    the application's session would send.

    At the end of the block the test fails if there were more, by ``pytest.fail``, with the statements grouped by shape,
    which is the text without its values, and the lines of code that sent each. ``sent`` are the statements so far,
    and ``statements`` their texts; each `with` starts anew.

    Raises TypeError where ``most`` is no whole number or ``on`` nothing that sends statements itself, ValueError for fewer
    than no statements, and RuntimeError where a block is opened within one of the same budget: each has a budget of its own.
    """

    def __init__(self, most: int, *, on: "Observed | None" = None, root: Path | None = None) -> None:
        self.most = _allowed(most)
        self.sent: list[SentStatement] = []
        self._sender = _sender(on)
        self._root = root or Path.cwd()
        self._counting = False
        self._block: FrameType | None = None
        self._open: list[Any] = []
        self._urls: list[URL] = []
        self._lock = Lock()

    @property
    def statements(self) -> list[str]:
        """The texts of the statements sent so far, as they went to the driver."""
        return [statement.text for statement in self.sent]

    def __enter__(self) -> Self:
        if self._counting:
            raise RuntimeError(
                f"This budget of {self.most} is in use already. Give the inner block one of its own: with query_budget(...)."
            )
        self.sent, self._open, self._urls = [], [], []
        self._counting = True
        self._block = _caller()
        event.listen(self._sender, "before_cursor_execute", self._record)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        event.remove(self._sender, "before_cursor_execute", self._record)
        self._counting = False
        self._block = None
        self._open = []
        if error is None and len(self.sent) > self.most:
            pytest.fail(_overspent(self.sent, self.most, self._urls, self._root), pytrace=False)

    def _record(
        self,
        connection: Connection,
        _cursor: Any,
        statement: str,
        _parameters: Any,
        context: ExecutionContext | None,
        _executemany: bool,  # noqa: FBT001 - SQLAlchemy's signature
    ) -> None:
        if context is not None and isinstance(context.invoked_statement, _SAVEPOINTS):
            return
        lines = _users_lines(self._block)
        with self._lock:
            self.sent.append(SentStatement(statement, lines, self._number_of(connection)))

    def _number_of(self, connection: Connection) -> int:
        # By the driver's connection itself: once one is closed, its id() may be another's.
        driver = connection.connection.dbapi_connection
        for number, known in enumerate(self._open, 1):
            if known is driver:
                return number
        self._open.append(driver)
        self._urls.append(connection.engine.url)
        return len(self._open)


def _allowed(most: object) -> int:
    if not isinstance(most, int) or isinstance(most, bool):
        raise TypeError(f"query_budget() takes the number of statements allowed, not {most!r}.")
    if most < 0:
        raise ValueError(
            f"query_budget({most}) allows fewer than no statements; query_budget(0) allows none."
        )
    return most


def _sender(on: "Observed | None") -> type[Engine] | Engine | Connection:
    if on is None:
        return Engine
    # An AsyncConnection has both, and None for the first before it is opened.
    attribute = next((name for name in ("sync_connection", "sync_engine") if hasattr(on, name)), None)
    sender = getattr(on, attribute) if attribute else on
    if isinstance(sender, Engine) or (isinstance(sender, Connection) and not sender.closed):
        return sender
    raise TypeError(
        f"query_budget(on=...) takes an engine or an open connection, sync or async, not {on!r}. "
        "For a session, give what it is bound to: on=session.get_bind()."
    )


_SAVEPOINTS: Final = (SavepointClause, ReleaseSavepointClause, RollbackToSavepointClause)

_LIBRARIES: Final = tuple(
    os.path.join(folder, "")  # noqa: PTH118 - compared as text, for each frame
    for folder in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(sqlalchemy.__file__).parent),
        str(Path(__file__).parents[1]),
    )
)


def _caller() -> FrameType | None:
    return next((frame for frame in _running(inspect.currentframe()) if not _is_library(frame)), None)


def _users_lines(block: FrameType | None) -> tuple[CodeLine, ...]:
    waiting = list(_running(inspect.currentframe()))
    sending = next((frame for frame in waiting if not _is_library(frame)), None)
    if sending is None:
        return ()
    line = _line(sending)
    if block is None or block not in waiting or (line.file, line.number) == _line(block)[:2]:
        return (line,)
    return line, _line(block)


def _line(frame: FrameType) -> CodeLine:
    # Jinja compiles a template to Python under the template's name, with lines of its own.
    template = frame.f_globals.get("__jinja_template__")
    number = template.get_corresponding_lineno(frame.f_lineno) if template else frame.f_lineno
    return CodeLine(frame.f_code.co_filename, number, frame.f_code.co_qualname)


def _running(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames that wait for this one, innermost first.

    SQLAlchemy runs its code for asyncio in a greenlet. Its frames end where that starts; the coroutine that awaits it goes
    on in the greenlet's parent. Without the package greenlet, or before it is imported, there is none.
    """
    module = sys.modules.get("greenlet")
    greenlet = module.getcurrent() if module else None
    while frame is not None:
        yield frame
        frame = frame.f_back
        while frame is None and greenlet is not None and greenlet.parent is not None:
            greenlet = greenlet.parent
            frame = greenlet.gr_frame


def _is_library(frame: FrameType) -> bool:
    return _is_library_file(frame.f_code.co_filename)


@cache
def _is_library_file(file: str) -> bool:
    """Whether this is the standard library's, a package's or ours, or no file at all."""
    installed = {"site-packages", "dist-packages"}.intersection(Path(file).parts)
    return file.startswith(("<", *_LIBRARIES)) or bool(installed)


_TYPE: Final = r'(?:\w+|"[^"]*")'
_CAST: Final = (
    rf"::{_TYPE}(?:\.{_TYPE})*(?:[ ]PRECISION|[ ]VARYING)?"
    r"(?:\(\d+(?:,[ ]?\d+)*\))?(?:[ ]WITH(?:OUT)?[ ]TIME[ ]ZONE)?(?:\[\])*"
)
_VALUE: Final = re.compile(
    rf"""
    (?P<name>"(?:[^"]|"")*")
    | (?:
        '(?:[^']|'')*'                              # text
        | (?<![\w$.])\d+(?:\.\d+)?(?:E[+-]?\d+)?\b  # a number
        | %\([^)]*\)s | %s | \$\d+ | \? | (?<![\w:]):\w+  # a parameter, as drivers spell it
    ) (?:{_CAST})?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LIST: Final = re.compile(r"\bIN \((?:-?\?(?:, ?-?\?)*|(\(\?(?:, ?\?)*\))(?:, ?\1)*)\)", re.IGNORECASE)
_ROWS: Final = re.compile(r"\bVALUES (\((?:[^()]|\([^()]*\))*\))(?:, ?\1)+", re.IGNORECASE)


def shape_of(statement: str) -> str:
    """The text in one line without its values: `?` for each, however many there are in a list of IN or rows of VALUES."""
    text = _VALUE.sub(lambda value: value["name"] or "?", " ".join(statement.split()))
    return _ROWS.sub(r"VALUES \1", _LIST.sub("IN (...)", text))


LONGEST: Final = 400
"""Characters of a shape in a message."""


def _overspent(sent: Sequence[SentStatement], most: int, urls: Sequence[URL], root: Path) -> str:
    said = "1 statement was" if len(sent) == 1 else f"{len(sent)} statements were"
    told = [f"{said} sent where the budget is {most}:"]
    shapes = [shape_of(statement.text) for statement in sent]
    for shape, number in Counter(shapes).most_common():
        told.append(f"{number:>6} x {_brief(shape)}")
        told += _told_lines(
            [each.lines for each, its in zip(sent, shapes, strict=True) if its == shape], root
        )
    if len(urls) > 1:
        told += ["by connection:", *_told_connections(sent, urls)]
    return "\n".join(told)


def _brief(shape: str) -> str:
    """The shape with its beginning and its end, where wide tables make it long."""
    return shape if len(shape) <= LONGEST else f"{shape[: LONGEST // 2]} ... {shape[-LONGEST // 2 :]}"


def _told_lines(sent: Sequence[tuple[CodeLine, ...]], root: Path) -> Iterator[str]:
    for lines, number in Counter(sent).most_common():
        told = [_told_line(line, root) for line in lines] or ["code of libraries only"]
        yield f"{number:>10} x {told[0]}"
        yield from (f"{'':>13}from {line}" for line in told[1:])


def _told_line(line: CodeLine, root: Path) -> str:
    file = Path(line.file)
    path = file.relative_to(root) if file.is_relative_to(root) else file
    source = linecache.getline(line.file, line.number).strip()
    return f"{path}:{line.number} in {line.function}" + (f": {source}" if source else "")


def _told_connections(sent: Sequence[SentStatement], urls: Sequence[URL]) -> Iterator[str]:
    for connection, number in Counter(statement.connection for statement in sent).most_common():
        # A driver may take a password in the query too.
        url = urls[connection - 1].set(query={}).render_as_string()
        yield f"{number:>6} x {connection}, {url}"
