"""Snapshots as they are in the folder and as they were in a revision, through the ``git`` command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.core.snapshot_file import FOLDER

WORKING_TREE: Final = "the working tree"
UNDECODABLE: Final = "surrogateescape"
"""What becomes of bytes that are no UTF-8: one character each, so that texts differ where files do."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: its name for people, and the texts of its snapshots by file below the folder."""

    name: str
    snapshots: dict[str, str]


def in_working_tree(root: Path) -> Side:
    """Read the snapshots of the project at ``root`` as they lie there. Raises UsageProblem for one that can't be read."""
    folder = root / FOLDER
    found = {}
    for path in sorted(folder.glob("*/*.sql")):
        file = path.relative_to(folder)
        if path.is_file() and _is_snapshot(PurePosixPath(file.as_posix())):
            try:
                found[file.as_posix()] = path.read_bytes().decode("utf-8", UNDECODABLE)
            except OSError as error:
                raise UsageProblem(
                    f"A snapshot can't be read: {error.strerror}.",
                    where=str(path),
                    hint="Give yourself the right to read it.",
                ) from None
    return Side(WORKING_TREE, found)


def at_revision(root: Path, revision: str) -> Side:
    """Read the snapshots of the project at ``root`` as a git revision has them.

    Raises UsageProblem where ``root`` is in no repository or the revision isn't there, EnvironmentProblem without git.
    """
    _check_repository(root)
    commit = _commit(root, revision)
    listing = _git(root, "ls-tree", "-r", "-z", commit, "--", f"{FOLDER}/").stdout.decode(
        "utf-8", UNDECODABLE
    )
    objects = {}
    for entry in filter(None, listing.split("\0")):
        description, _, path = entry.partition("\t")
        mode, _, object_id = description.split()
        file = PurePosixPath(path).relative_to(FOLDER)
        if mode.startswith("100") and _is_snapshot(file):
            objects[str(file)] = object_id
    texts = _contents(root, list(objects.values()))
    return Side(revision, dict(zip(objects, texts, strict=True)))


def _is_snapshot(file: PurePosixPath) -> bool:
    return len(file.parts) == 2 and file.suffix == ".sql" and not file.name.startswith(".")  # noqa: PLR2004 - module/hybrid.sql


def _check_repository(root: Path) -> None:
    answer = _git(root, "rev-parse", "--is-inside-work-tree", fails=True)
    if answer.returncode != 0:
        said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageProblem(
            "git finds no repository to take a revision from.",
            where=f"{root} (git: {said[0].removeprefix('fatal: ') if said else 'no word'})",
            hint="Run it in a clone of the project, in the folder that has snapshots/.",
        )


def _commit(root: Path, revision: str) -> str:
    answer = _git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", fails=True
    )
    if answer.returncode != 0 or not revision:
        raise UsageProblem(
            f"There is no revision {revision!r}.",
            where=f"git repository of {root}",
            hint=_hint(revision),
        )
    return answer.stdout.decode().split()[-1]


def _hint(revision: str) -> str:
    if ".." in revision:
        base, _, head = revision.replace("...", "..").partition("..")
        return f"Give both ends by themselves: `hybrid-harness diff {base or 'HEAD'} {head or 'HEAD'}`."
    return "Name a commit, branch or tag that `git rev-parse` knows; a shallow clone may have to `git fetch` it first."


def _contents(root: Path, objects: list[str]) -> list[str]:
    """The texts of blobs, all in one call."""
    if not objects:
        return []
    wanted = "".join(f"{object_id}\n" for object_id in objects).encode()
    stream = _git(root, "cat-file", "--batch", given=wanted).stdout
    texts = []
    position = 0
    for _ in objects:
        end = stream.index(b"\n", position)
        size = int(stream[position:end].split()[2])
        texts.append(stream[end + 1 : end + 1 + size].decode("utf-8", UNDECODABLE))
        position = end + size + 2
    return texts


def _git(
    root: Path, *arguments: str, given: bytes = b"", fails: bool = False
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - plain arguments, no shell
            ["git", *arguments],  # noqa: S607 - the user's own git
            cwd=root,
            input=given,
            capture_output=True,
            check=not fails,
        )
    except FileNotFoundError:
        raise EnvironmentProblem(
            "The program git is not there.", where="PATH", hint="Install git, or put it on PATH."
        ) from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip()
        raise EnvironmentProblem(
            f"git {arguments[0]} failed: {said}",
            where=str(root),
            hint="Run `git fsck`, and fetch what is missing.",
        ) from None
