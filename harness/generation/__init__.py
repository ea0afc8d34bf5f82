"""Rows that a schema allows, driven by its metadata."""

from harness.generation.arguments import argument_values
from harness.generation.datasets import Drawn, datasets, draws
from harness.generation.plan import Plan, Ungeneratable, closure, insertion_order, matching, plan_dataset
from harness.generation.population import PopulationShape, counting_tables, population
from harness.generation.shapes import chain, cycles, has_self_reference, spread
from harness.generation.together import keeps_apart, together

__all__ = [
    "Drawn",
    "Plan",
    "PopulationShape",
    "Ungeneratable",
    "argument_values",
    "chain",
    "closure",
    "counting_tables",
    "cycles",
    "datasets",
    "draws",
    "has_self_reference",
    "insertion_order",
    "keeps_apart",
    "matching",
    "plan_dataset",
    "population",
    "spread",
    "together",
]
