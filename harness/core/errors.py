"""What a user did, or what their machine lacks: never a defect of a model (a finding), never a bug of ours (a crash)."""

from typing import ClassVar


class HarnessError(Exception):
    """One message for people: what is wrong, where, and what to do next.

    ``what`` is one sentence, ``where`` names a file, section, option or server (may be empty), ``hint`` says what to do.
    """

    exit_code: ClassVar[int]

    def __init__(self, what: str, *, where: str = "", hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        place = f"\n  where: {self.where}" if self.where else ""
        return f"{self.what}{place}\n  hint:  {self.hint}"


class UsageProblem(HarnessError):
    """A target, an option or a configuration that can't be meant."""

    exit_code = 2


class EnvironmentProblem(HarnessError):
    """Models that don't import, or no PostgreSQL to work with."""

    exit_code = 3
