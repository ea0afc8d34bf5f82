"""What the options are for, in words, and which of them pytest takes: without imports, as pytest loads it in every project."""

HELP = {
    "database": "Where PostgreSQL comes from: auto, embedded, docker, or the URL of a server.",
    "examples": "Datasets for each hybrid.",
    "seed": "Draws the datasets: the same seed, the same datasets.",
    "only": "Check only hybrids whose Class.hybrid matches this glob; may be given several times.",
    "skip": "Leave out hybrids whose Class.hybrid matches this glob; may be given several times.",
    "select": "Report only rules whose code begins with this; may be given several times.",
    "ignore": "Do not report rules whose code begins with this; may be given several times.",
    "fail_on": "The least severity that fails the run; under warning, untested hybrids fail it too.",
    "timeout": "Seconds for one evaluation, of a getter or of a statement.",
    "scale": "Rows of the smaller population that the SQL's cost is measured on; the larger has four times as many.",
    "fan_out": "Rows, in these populations, of a table that refers to others for each of those; children of a row in a tree.",
    "depth": "Rows from the root of a tree to its deepest leaf, at most, in these populations.",
    "childless": "Share of the rows that no row refers to in these populations, from 0 to 0.99.",
    "skew": "How unequal families are in these populations, from 0, about equal, to 1.",
    "format": "What to print: text, json, sarif, markdown, html or github.",
    "output": "Write the report to this file instead of printing it.",
    "setup": "Call this first, pkg.module:function or path/to/file.py:function; a context manager stays open for the run.",
    "baseline": "Findings that this file knows are told, and fail nothing; --write-baseline writes it.",
    "write_baseline": "Record the findings of this run in the baseline; they fail no later run.",
    "create_extensions": "Create the extensions that models need also in a database that the URL names, where the role may create no databases of its own.",
    "strict": "Fail where the baseline knows a finding that no longer occurs, or one whose date is over.",
}

PYTEST_FLAGS: dict[str, type] = {
    "database": str,
    "examples": int,
    "seed": int,
    "timeout": float,
    "scale": int,
    "fan_out": int,
    "depth": int,
    "childless": float,
    "skew": float,
    "setup": str,
}
"""Options that pytest takes too, as ``--hybrids-NAME``, and the type of each."""
