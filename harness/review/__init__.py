"""Reading a change: what two revisions' snapshots say differently, in meaning.

Needs neither the models nor a database, and nothing of pytest.
"""

from harness.review.hybrids import changed_hybrids
from harness.review.impact import impact_of
from harness.review.rendering import FORMATS, Comparison, render_comparison, render_impact

__all__ = ["FORMATS", "Comparison", "changed_hybrids", "impact_of", "render_comparison", "render_impact"]
