"""Rows that a schema allows, driven by its metadata."""

from harness.generation.datasets import datasets
from harness.generation.plan import Plan, Ungeneratable, closure, insertion_order, plan_dataset
from harness.generation.shapes import chain, cycles, has_self_reference, population

__all__ = [
    "Plan",
    "Ungeneratable",
    "chain",
    "closure",
    "cycles",
    "datasets",
    "has_self_reference",
    "insertion_order",
    "plan_dataset",
    "population",
]
