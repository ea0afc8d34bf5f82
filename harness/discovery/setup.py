"""What a user has run before the models are imported: environment variables, a working folder, an application's context."""

import inspect
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from harness.core.errors import EnvironmentProblem, UsageProblem
from harness.discovery.importing import Named, import_module, raised_at

FORMS = "a setup is pkg.module:function or path/to/file.py:function, of a function that takes nothing"


@contextmanager
def prepared(setup: str | None) -> Iterator[Path]:
    """Call what ``setup`` names; where it is, gives or yields like a context manager, what is inside runs within it.

    Gives the working folder of before, on which users' relative paths are based, and goes back there at the end.

    Raises UsageProblem where it names nothing to call, EnvironmentProblem where the call fails.
    """
    folder = Path.cwd()
    if setup is None:
        yield folder
        return
    named = Named(setup, "setup", f"The setup {setup!r} doesn't import", FORMS)
    function = _function(named)
    try:
        with _failures(named):
            manager = _manager(function)
            manager.__enter__()
        try:
            yield folder
        finally:
            with _failures(named):
                manager.__exit__(None, None, None)
    finally:
        os.chdir(folder)


def _function(named: Named) -> Any:
    _, name = named.parts
    value: Any = import_module(named) if name else None
    for part in name.split("."):
        value = getattr(value, part, None)
    if not callable(value) or inspect.iscoroutinefunction(value):
        raise UsageProblem(
            f"{named.text!r} is nothing to call." if not callable(value) else f"{named.text!r} is async.",
            where=named.where,
            hint=f"{FORMS[0].upper()}{FORMS[1:]}.",
        )
    return value


def _manager(function: Any) -> AbstractContextManager[Any]:
    """The call's result, as a context manager."""
    if inspect.isgeneratorfunction(function):  # written like a pytest fixture
        return contextmanager(function)()
    result = function()
    return result if isinstance(result, AbstractContextManager) else nullcontext()


@contextmanager
def _failures(named: Named) -> Iterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:  # the user's code runs here
        raise EnvironmentProblem(
            f"The setup {named.text!r} failed: {type(error).__name__}: {error}",
            where=raised_at(error) or named.where,
            hint="It runs before the models are imported; mend it, or leave the option out.",
        ) from error
