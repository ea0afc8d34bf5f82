"""Where the lines and boxes of the HTML report's drawings go: forests of rows, and growth of statements. Units are pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.core.observation import Growth
from harness.reporting.evidence import Node, ShownTable

CHARACTER, LINE, PADDING, GAP, LEVEL, MARGIN = 7.3, 17.0, 8.0, 18.0, 34.0, 12.0
"""Width of a letter in a box, height of its line, space inside a box, beside it and below it, and around the drawing."""
LONGEST, MOST_LINES = 26, 5
"""Letters of a line and lines of a box; the rest is in its tooltip and in the table."""


@dataclass(frozen=True, slots=True)
class Box:
    """A row of the forest: its upper left corner, its size, and its text."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    tooltip: str
    failing: bool

    @property
    def middle(self) -> float:
        """Where the lines to its parent and children meet it."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Edge:
    """A path from a row to the one it refers to, ``dashed`` where that closes a circle."""

    path: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A forest; ``description`` says in words what it shows."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    description: str


def draw_forest(table: ShownTable) -> Drawing:
    """Trees side by side, parents in the middle above their children."""
    assert table.reference is not None
    boxes: list[Box] = []
    edges: list[Edge] = []
    nodes = [node for root in table.forest for node in root.with_descendants()]
    labels = {id(node): _label(node, table) for node in nodes}
    tallest = max(map(len, labels.values()), default=1) * LINE + 2 * PADDING

    def place(node: Node, left: float, depth: int) -> tuple[Box, float]:
        """The node's box, and where the next tree begins; ``boxes`` and ``edges`` get all of this one."""
        lines = labels[id(node)]
        width = max(map(len, lines)) * CHARACTER + 2 * PADDING
        top = MARGIN + depth * (tallest + LEVEL)
        below, right = [], left
        for child in node.children:
            box, right = place(child, right, depth + 1)
            below.append(box)
        x = max(left, (below[0].middle + below[-1].middle - width) / 2) if below else left
        height = len(lines) * LINE + 2 * PADDING
        own = Box(x, top, width, height, lines, _tooltip(node), node.row.failing)
        boxes.append(own)
        edges.extend(Edge(_path_down(own, child)) for child in below)
        return own, max(right, x + width + GAP)

    left = MARGIN
    for root in table.forest:
        first = len(boxes)
        box, left = place(root, left, 0)
        if root.closes_circle:
            last = _box_referred_to(root, nodes, boxes[first:], table)
            edges.append(Edge(_path_around(box, last, left), dashed=True))
            left += GAP
    width = max(left - GAP, 0) + MARGIN
    height = max((box.y + box.height for box in boxes), default=0) + MARGIN
    return Drawing(width, height, tuple(boxes), tuple(edges), _description(table))


def _label(node: Node, table: ShownTable) -> tuple[str, ...]:
    """The row's cells a line each; what the lines of the tree say already is left out."""
    assert table.reference is not None
    said = () if node.refers_to else table.reference.columns
    lines = [f"{name}={value}" for name, value in node.row.cells.items() if name not in said] or ["(row)"]
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more"]
    return tuple(line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…" for line in lines)


def _tooltip(node: Node) -> str:
    return "\n".join(f"{name} = {value}" for name, value in node.row.cells.items())


def _box_referred_to(root: Node, nodes: Sequence[Node], boxes: Sequence[Box], table: ShownTable) -> Box:
    """The box of the row, below ``root`` or itself, that ``root`` refers to."""
    assert table.reference is not None
    tooltips = [
        _tooltip(node)
        for node in nodes
        if tuple(node.row.cells.get(column) for column in table.reference.refers_to) == root.refers_to
    ]
    return next(box for box in boxes if box.tooltip in tooltips)


def _path_down(parent: Box, child: Box) -> str:
    top, bottom = parent.y + parent.height, child.y
    bend = (top + bottom) / 2
    return (
        f"M{parent.middle:.1f} {top:.1f}C{parent.middle:.1f} {bend:.1f} "
        f"{child.middle:.1f} {bend:.1f} {child.middle:.1f} {bottom:.1f}"
    )


def _path_around(root: Box, last: Box, right: float) -> str:
    """From the root's side to the side of the row it refers to, by way of ``right``, where its tree ends."""
    start, end = root.y + root.height / 3, last.y + last.height * 2 / 3
    from_x, to_x = root.x + root.width, last.x + last.width
    pull = (right - (from_x + to_x) / 8) / 0.75  # both handles of a Bezier curve whose middle is at ``right``
    return f"M{from_x:.1f} {start:.1f}C{pull:.1f} {start:.1f} {pull:.1f} {end:.1f} {to_x:.1f} {end:.1f}"


def _description(table: ShownTable) -> str:
    """The forest in words, for those who don't see it."""

    def said(node: Node) -> Iterator[str]:
        cells = ", ".join(f"{name} {value}" for name, value in node.row.cells.items())
        yield f"{cells}{' (the failing row)' if node.row.failing else ''}"
        if node.children:
            yield f"with {len(node.children)} below it"

    nodes = (node for root in table.forest for node in root.with_descendants())
    return f"Rows of {table.name} as a forest: " + "; ".join(" ".join(said(node)) for node in nodes) + "."


@dataclass(frozen=True, slots=True)
class Line:
    """One side's growth through its measured ``points``; ``label`` stands at the last one."""

    name: str
    path: str
    points: tuple[tuple[float, float, str], ...]
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Statements over rows. ``ticks`` are (position, text) on each axis; the plot is between ``left``, ``top`` and the rest."""

    width: float
    height: float
    left: float
    top: float
    bottom: float
    right: float
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]
    description: str


def draw_growth(growth: Growth) -> Chart:
    """The statements of the Python side at both sizes, and the one statement of the SQL side where there is one."""
    width, height, left, top, right, bottom = 360.0, 190.0, 44.0, 16.0, 262.0, 150.0
    most_rows = max(*growth.rows, 1)
    most_queries = max(
        *growth.queries, most_rows
    )  # a statement per row rises to the corner or above, one is flat

    def x(rows: float) -> float:
        return left + (right - left) * rows / most_rows

    def y(queries: float) -> float:
        return bottom - (bottom - top) * queries / most_queries

    def line(name: str, queries: Sequence[int]) -> Line:
        points = tuple(
            (x(rows), y(count), f"{name}: {count} for {rows} rows")
            for rows, count in zip(growth.rows, queries, strict=True)
        )
        path = "M" + "L".join(f"{across:.1f} {up:.1f}" for across, up, _ in points)
        return Line(name, path, points, f"{name} {queries[-1]}")

    lines = [line("Python", growth.queries)]
    if growth.sql_side and growth.queries[-1] > 1:
        lines.append(line("SQL", (1, 1)))
    said = f"The Python side sends {growth.queries[0]} statements for {growth.rows[0]} rows and {growth.queries[1]} for {growth.rows[1]}"
    return Chart(
        width=width,
        height=height,
        left=left,
        top=top,
        bottom=bottom,
        right=right,
        x_ticks=tuple((x(rows), str(rows)) for rows in (0, *growth.rows)),
        y_ticks=tuple((y(count), str(count)) for count in (0, most_queries)),
        lines=tuple(lines),
        description=f"{said}; the SQL side sends 1." if len(lines) > 1 else f"{said}.",
    )
