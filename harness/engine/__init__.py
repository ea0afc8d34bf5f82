"""Gathers the evidence for each hybrid and has it judged."""

from harness.engine.bench import Servers
from harness.engine.examination import Examination
from harness.engine.examinee import Examinee
from harness.engine.run import check, running_servers

__all__ = ["Examination", "Examinee", "Servers", "check", "running_servers"]
