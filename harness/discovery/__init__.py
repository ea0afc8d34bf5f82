"""From the text of a target to the hybrids behind it."""

from harness.discovery.hybrids import Discovered, discover
from harness.discovery.setup import prepared
from harness.discovery.targets import Target, load_target

__all__ = ["Discovered", "Target", "discover", "load_target", "prepared"]
