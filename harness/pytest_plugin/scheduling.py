"""How pytest-xdist spreads hybrids over its workers. Importing this module loads pytest-xdist."""

from functools import cached_property

from xdist.scheduler import LoadScopeScheduling

from harness.pytest_plugin.wanted import Spread


class HybridScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Every test goes to whichever worker is free, but what is examined at once to the same one."""

    @cached_property
    def _spread(self) -> Spread:
        return Spread.of(self.collection, self.numnodes)

    def _split_scope(self, nodeid: str) -> str:
        """The name under which tests stay together; overridden as xdist's own schedulers do."""
        return self._spread.together(nodeid)
