"""How pytest-xdist spreads hybrids over its workers. Importing this module loads pytest-xdist."""

from xdist.scheduler import LoadScopeScheduling

from harness.pytest_plugin.wanted import ROOT


class HybridScheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Every test goes to whichever worker is free, but the checks of a hybrid to the same one, which examines it once."""

    def _split_scope(self, nodeid: str) -> str:
        """The name under which tests stay together; overridden as xdist's own schedulers do."""
        return nodeid.rpartition("::")[0] if nodeid.startswith(f"{ROOT}::") else nodeid
