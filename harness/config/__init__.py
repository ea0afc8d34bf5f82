"""The settings of a run and where they come from."""

from harness.config.options import DATABASES, FORMATS, Options, checked, overridden
from harness.config.pyproject import read_options, severity

__all__ = ["DATABASES", "FORMATS", "Options", "checked", "overridden", "read_options", "severity"]
