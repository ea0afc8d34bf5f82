"""Findings with the rows that show them, one file each, so that one can be replayed without drawing anything again.

A file is JSON: the finding's address, what was seen, the columns that were drawn by table, and the statements that insert
the rows, as PostgreSQL takes them.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core.address import Address, address_of, parsed
from harness.core.errors import UsageProblem
from harness.core.report import HybridReport
from harness.core.texts import strict_json

FOLDER = Path(".hybrid-harness")
VERSION = 1
AGAIN = "Name the finding by its address, as reports print it, and it is looked for anew."


@dataclass(frozen=True, slots=True)
class KeptFinding:
    """``columns`` are the drawn ones of each table in the order of insertion."""

    address: Address
    message: str
    python: str
    sql: str
    shape: str
    columns: Mapping[str, tuple[str, ...]]
    statements: tuple[str, ...]
    module: str


def keep(reports: Iterable[HybridReport], looked_for: Callable[[str], bool], folder: Path = FOLDER) -> None:
    """Write a file for each finding of ``reports`` that has rows, and remove those of findings that are gone.

    Of the hybrids of ``reports``, files of rules whose code was not ``looked_for`` stay. A folder that can't be written to keeps nothing: the addresses still work.
    """
    with suppress(OSError):
        for report in reports:
            wanted = dict(_files(report, folder))
            mark = _mark(report.hybrid.target, report.hybrid.name)
            for old in set(folder.glob(f"*-{mark}-*.json")) - wanted.keys():
                if looked_for(old.name.partition("-")[0]):
                    old.unlink(missing_ok=True)
            for path, text in wanted.items():
                _write(path, text)


def read_kept(text: str, folder: Path = FOLDER) -> tuple[Address, KeptFinding | None]:
    """The finding that ``text``, an address or a file, names, with its rows where they were kept.

    Raises UsageProblem for what is neither, and for a file that can't be read.
    """
    path = Path(text)
    if path.suffix == ".json" and _is_file(path):
        kept = _read(path)
        return kept.address, kept
    address = parsed(text)
    path = _path(address, folder)
    return address, _read(path) if _is_file(path) else None


def _is_file(path: Path) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises for a name that is too long


def _files(report: HybridReport, folder: Path) -> Iterable[tuple[Path, str]]:
    for finding in report.findings:
        example = finding.counterexample
        if example is None or not example.statements:
            continue
        address = address_of(finding, report.hybrid)
        document = {
            "version": VERSION,
            "finding": str(address),
            "message": finding.message,
            "python": example.python,
            "sql": example.sql,
            "shape": example.dataset.shape,
            "columns": {table: list(rows[0]) for table, rows in example.dataset.tables.items() if rows},
            "statements": list(example.statements),
            "module": report.hybrid.module,
        }
        yield _path(address, folder), json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _path(address: Address, folder: Path) -> Path:
    named = re.sub(r"[^\w.]+", "-", f"{address.rule}-{address.hybrid}")
    position = re.sub(r"\W+", "-", address.position)
    return folder / f"{named}-{_mark(address.target, address.hybrid)}-{position}.json"


def _mark(target: str, hybrid: str) -> str:
    """Tells hybrids of one name in two targets apart."""
    return hashlib.sha256(f"{target}\0{hybrid}".encode()).hexdigest()[:8]


def make_folder(folder: Path) -> None:
    """Where git sees nothing. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir()
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")


def _write(path: Path, text: str) -> None:
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(path: Path) -> KeptFinding:
    try:
        return _kept(strict_json(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageProblem(f"The finding can't be read: {error}.", where=str(path), hint=AGAIN) from error
    except (_Foreign, UsageProblem) as error:
        raise UsageProblem("It is no finding that a run kept.", where=str(path), hint=AGAIN) from error


class _Foreign(Exception):
    """The document is not as ``_files`` writes it."""


TEXTS = ("message", "python", "sql", "shape", "module")
KEYS = frozenset({"version", "finding", "columns", "statements", *TEXTS})


def _kept(document: Any) -> KeptFinding:
    if not isinstance(document, dict) or document.keys() != KEYS or not _is_version(document["version"]):
        raise _Foreign
    columns, statements = document["columns"], document["statements"]
    lists: list[Any] = [statements, *columns.values()] if isinstance(columns, dict) else [None]
    if not all(isinstance(names, list) for names in lists):
        raise _Foreign
    if not all(isinstance(text, str) for text in (document["finding"], *(document[name] for name in TEXTS))):
        raise _Foreign
    # To PostgreSQL a statement ends at a NUL.
    if not all(
        isinstance(text, str) and "\0" not in text for text in (*columns, *(t for ts in lists for t in ts))
    ):
        raise _Foreign
    return KeptFinding(
        address=parsed(document["finding"]),
        **{name: document[name] for name in TEXTS},
        columns={table: tuple(names) for table, names in columns.items()},
        statements=tuple(statements),
    )


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value == VERSION
