"""The SQL that people read gives the rows that the compiler's gives, on a real server.

``HYBRID_HARNESS_CASES`` names a folder of further model files to show it for; those that don't import are passed over.
"""

import os
from pathlib import Path

import pytest

from harness.config import Options
from harness.core.errors import HarnessError
from harness.discovery import discover, load_target
from harness.engine.bench import Servers
from harness.engine.examination import Examination

CASES = os.environ.get("HYBRID_HARNESS_CASES")
FOLDER = Path(CASES).resolve() if CASES else None
TARGETS = ["models.tenancy", *(sorted(map(str, FOLDER.glob("*.py"))) if FOLDER else ())]


@pytest.mark.parametrize("target", TARGETS)
def test_the_readable_form_gives_the_same_rows(server, target):
    try:
        hybrids = discover(load_target(target))
    except HarnessError as problem:
        if target == TARGETS[0]:
            raise
        pytest.skip(str(problem))
    examination = Examination(hybrids, Servers(lambda: server), Options(examples=1, timeout=1.0))
    try:
        for group in examination.groups():
            examination.reports(group)
    finally:
        examination.close()
    shown = [examinee for examinee in examination.examinees if examinee.translation.runs]
    assert {examinee.hybrid.name: examinee.shown.unreadable for examinee in shown} == {
        examinee.hybrid.name: None for examinee in shown
    }
