"""Rows of a counterexample as reports show them: forests, circles, what is left out."""

import pytest

from harness.core.hybrid import SelfReference
from harness.reporting.evidence import cell, shown_tables


class Mute:
    def __str__(self):
        raise ValueError

    __repr__ = __str__


def shape(nodes):
    """``id`` of each row, those below it in brackets; ``>`` before one that closes a circle."""
    return " ".join(
        f"{'>' if node.closes_circle else ''}{node.row.cells['id']}{f'({shape(node.children)})' if node.children else ''}"
        for node in nodes
    )


def tree(make, *parents, most=50, **changes):
    """The forest of rows 1, 2, ... with these parents."""
    rows = [{"id": number, "parent_id": parent} for number, parent in enumerate(parents, start=1)]
    (table,) = shown_tables(make.hybrid(**changes), make.example(make.rows(nodes=rows)), most=most)
    return table


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ((), ""),
        ((None,), "1"),
        ((None, None), "1 2"),
        ((None, 1, 1), "1(2 3)"),
        ((2, None, 2), "2(1 3)"),
        ((None, 1, 2), "1(2(3))"),
        ((1,), ">1"),
        ((2, 1), ">1(2)"),
        ((3, 3, 2), ">2(3(1))"),
        ((None, 9), "1 2"),
        ((1, None, 1), ">1(3) 2"),
    ],
    ids=["empty", "single", "two", "star", "child first", "chain", "own parent", "circle", "hangs on a circle",
         "parent elsewhere", "circle beside a tree"],
)  # fmt: skip
def test_every_row_stands_in_the_forest_once(make, parents, expected):
    assert shape(tree(make, *parents).forest) == expected


def test_a_root_that_refers_to_a_row_says_to_which(make):
    (root,) = tree(make, 2, 1).forest
    assert (root.refers_to, root.children[0].refers_to) == (("2",), ())
    assert [each.refers_to for each in tree(make, None, 9).forest] == [(), ("9",)]


def test_two_columns_refer_to_two(make):
    reference = SelfReference("nodes", ("up_a", "up_b"), ("a", "b"))
    rows = [
        {"id": 1, "a": 1, "b": 1, "up_a": None, "up_b": 1},
        {"id": 2, "a": 1, "b": 2, "up_a": 1, "up_b": 1},
    ]
    hybrid = make.hybrid(self_references=(reference,))
    (table,) = shown_tables(hybrid, make.example(make.rows(nodes=rows)), most=9)
    assert shape(table.forest) == "1(2)"


def test_of_many_rows_the_failing_one_is_kept(make):
    rows = [{"id": number, "parent_id": number - 1 or None} for number in range(1, 1001)]
    (table,) = shown_tables(make.hybrid(), make.example(make.rows(nodes=rows), instance={"id": 900}), most=3)
    assert [(row.cells["id"], row.failing) for row in table.rows] == [
        ("1", False),
        ("2", False),
        ("3", False),
        ("900", True),
    ]
    assert (table.left_out, len(table.forest)) == (996, 2)


def test_no_row_fails_in_another_table_or_without_an_instance(make):
    example = make.example(make.rows(nodes=[{"id": 1}], usages=[{"id": 1}]))
    nodes, usages = shown_tables(make.hybrid(self_references=()), example, most=9)
    assert (nodes.rows[0].failing, usages.rows[0].failing) == (True, False)
    assert (nodes.reference, nodes.forest) == (None, ())


def test_the_key_may_go_by_another_name_in_the_class(make):
    hybrid = make.hybrid(primary_key=("key",), key_columns=("id",))
    (table,) = shown_tables(hybrid, make.example(instance={"key": 1}), most=9)
    assert table.rows[0].failing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"),
        ("a'b", '"a\'b"'),
        (1.5, "1.5"),
        (True, "True"),
        (Mute(), "<Mute whose repr raises ValueError>"),
    ],
)
def test_a_cell_is_text_whatever_the_value(value, text):
    assert cell(value) == text
