"""What a hybrid_method is called with."""

from typing import Any

from harness.discovery import Discovered
from harness.generation import argument_values


def arguments(discovered: Discovered) -> tuple[tuple[Any, ...], ...] | None:
    """The values that each parameter of a hybrid_method takes; None for what isn't called."""
    if discovered.parameters is None:
        return None
    reads = discovered.reads
    return tuple(
        argument_values(
            each.annotation,
            optional=each.optional,
            default=each.default,
            read=reads.columns,
            constants=reads.constants,
        )
        for each in discovered.parameters
    )


def uncallable(discovered: Discovered, values: tuple[tuple[Any, ...], ...] | None) -> str | None:
    """Why a method can't be called with ``values``, if it can't."""
    for parameter, taken in zip(discovered.parameters or (), values or (), strict=True):
        if not taken:
            return (
                f"nothing says what the parameter {parameter.name!r} takes: {_way_out(parameter.annotation)}"
            )
    return None


def _way_out(annotation: type | None) -> str:
    if annotation is None:
        return "annotate it with a plain type, or give it a default"
    name = annotation.__name__
    return f"register a strategy, harness.register_strategy({name}, st.builds({name})), or give it a default"
