"""Modules and files that users name, imported."""

import hashlib
import importlib
import importlib.util
import shlex
import sys
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from harness.core.doors import Refused, closed_at_import
from harness.core.errors import EnvironmentProblem, UsageProblem

HARNESS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Named:
    """``pkg.module:name`` or ``path/to/file.py:name`` as a user wrote it.

    ``role`` is what it is given as, ``failure`` the sentence that says it doesn't import, ``forms`` what it may look like;
    ``folder`` is where relative paths start.
    """

    text: str
    role: str
    failure: str
    forms: str
    folder: Path = field(default_factory=Path.cwd)

    @property
    def parts(self) -> tuple[str, str]:
        """What comes before the colon, and after it; nothing where there is none."""
        if ":" not in self.text or self.text.endswith(".py"):
            return self.text, ""
        place, _, name = self.text.rpartition(":")
        return place, name

    @property
    def where(self) -> str:
        """The place that messages name."""
        return f"{self.role} {self.text!r}"


def import_module(named: Named) -> ModuleType:
    """The module or file that ``named`` has before its colon.

    Raises UsageProblem where there is none, EnvironmentProblem where its own code fails.
    """
    place, name = named.parts
    if not name and place != named.text:
        raise UsageProblem(f"{named.text!r} ends in its colon.", where=named.where, hint=f"{named.forms}.")
    if not place.endswith(".py") and ("/" in place or not all(place.split("."))):
        raise UsageProblem(f"{place!r} is no module's name.", where=named.where, hint=f"{named.forms}.")
    try:
        with closed_at_import():
            return (
                _import_file(Path(place), named) if place.endswith(".py") else importlib.import_module(place)
            )
    except (UsageProblem, KeyboardInterrupt):
        raise
    except ModuleNotFoundError as error:
        parts = place.split(".")
        if error.name in {".".join(parts[: length + 1]) for length in range(len(parts))}:
            raise UsageProblem(
                f"There is no module {error.name!r} to import.",
                where=named.where,
                hint=f"Run in the folder that has it, or check the spelling; {named.forms}.",
            ) from error
        raise _does_not_import(named, error) from error
    except BaseException as error:  # the user's own module code runs here
        raise _does_not_import(named, error) from error


def _does_not_import(named: Named, error: BaseException) -> EnvironmentProblem:
    place, _ = named.parts
    alone = f"python {shlex.quote(place)}" if place.endswith(".py") else f"python -c 'import {place}'"
    return EnvironmentProblem(
        f"{named.failure}: {type(error).__name__}: {error}",
        where=raised_at(error) or named.where,
        hint="Let it close what it opened itself, and nothing else."
        if isinstance(error, Refused)
        else f"`{alone}` shows the same; mend that first.",
    )


def raised_at(error: BaseException) -> str:
    """File and line of the last frame that is neither the import system's nor a library's, if there is one."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "importlib" not in f.filename and HARNESS not in Path(f.filename).parents]
    last = next((f for f in reversed(own) if "site-packages" not in f.filename), own[-1] if own else None)
    return f"{last.filename}:{last.lineno}" if last else ""


def _import_file(path: Path, named: Named) -> ModuleType:
    file = (named.folder / path).resolve()
    if not file.is_file():
        raise UsageProblem(
            f"There is no file {path}.", where=named.where, hint=f"Check the path; {named.forms}."
        )
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    known = sys.modules.get(file.stem)
    if known is not None and getattr(known, "__file__", None) == str(file):
        return known
    name = file.stem if known is None else f"{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    module_spec = importlib.util.spec_from_file_location(name, file)
    assert module_spec is not None
    assert module_spec.loader is not None
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[name] = module
    try:
        module_spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
