"""Standard output belongs to the report."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def stdout_on_stderr() -> Iterator[None]:
    """While models run: what they print, and what programs that they start print, goes to standard error."""
    with contextlib.ExitStack() as undone:
        undone.enter_context(contextlib.redirect_stdout(sys.stderr))
        with contextlib.suppress(OSError):  # one of the two is closed
            kept = os.dup(1)
            undone.callback(os.close, kept)
            os.dup2(2, 1)
            undone.callback(os.dup2, kept, 1)
        yield
