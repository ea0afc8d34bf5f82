"""Instances loaded ahead are those that getters would have loaded: the same objects, in the same order."""

import uuid

import pytest
from sqlalchemy import ForeignKey, String, Uuid, and_, create_engine, event, inspect, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from harness.evaluation.loading_ahead import load_ahead


class Base(DeclarativeBase):
    pass


class Node(Base):
    __tablename__ = "nodes"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    parent: Mapped["Node | None"] = relationship(remote_side="Node.id", back_populates="children")
    children: Mapped[list["Node"]] = relationship(back_populates="parent")
    children_set: Mapped[set["Node"]] = relationship(viewonly=True)
    first_child: Mapped["Node | None"] = relationship(viewonly=True, uselist=False, order_by="Node.id")
    latest_children: Mapped[list["Node"]] = relationship(viewonly=True, order_by="Node.id.desc()")
    leaves: Mapped[list["Leaf"]] = relationship()
    named: Mapped[list["Leaf"]] = relationship(
        primaryjoin=lambda: and_(Node.id == Leaf.node_id, Leaf.name == "x"), viewonly=True
    )
    tags: Mapped[list["Tag"]] = relationship()


class Leaf(Base):
    __tablename__ = "leaves"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    node_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    name: Mapped[str]
    node: Mapped[Node | None] = relationship(viewonly=True)


class Tag(Base):
    __tablename__ = "tags"

    text: Mapped[str] = mapped_column(String, primary_key=True)
    node_id: Mapped[int] = mapped_column(ForeignKey("nodes.id"))


RELATED = sorted(inspect(Node).relationships.keys())
READS = {
    "parent": lambda node: node.parent and node.parent.id,
    "first_child": lambda node: node.first_child and node.first_child.id,
    "children_set": lambda node: {each.id for each in node.children_set},
    "leaves": lambda node: [each.name for each in node.leaves],
    "named": lambda node: [each.name for each in node.named],
    "tags": lambda node: sorted(each.text for each in node.tags),
}


def read(name):
    return READS.get(name, lambda node: [each.id for each in getattr(node, name)])


@pytest.fixture(scope="module")
def engine(database_url):
    engine = create_engine(database_url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [Node(id=key, parent_id=parent) for key, parent in ((1, None), (2, 1), (3, 2), (4, 3))]
        )
        session.flush()
        session.add_all(
            Leaf(id=uuid.UUID(int=number), node_id=node, name=name)
            for number, (node, name) in enumerate([(1, "x"), (1, "y"), (None, "x"), (4, "x")])
        )
        session.add_all([Tag(text="a", node_id=1), Tag(text="b", node_id=1)])
        session.commit()
    yield engine
    Base.metadata.drop_all(engine)
    engine.dispose()


@pytest.mark.parametrize("name", RELATED)
def test_what_getters_find_is_what_they_would_have_loaded(engine, name):
    with Session(engine) as lazily:
        expected = [read(name)(node) for node in lazily.scalars(select(Node).order_by(Node.id))]
    with Session(engine) as session:
        held = load_ahead(session, [inspect(Node)], [inspect(Node).relationships[name]])
        sent = []
        event.listen(session.connection(), "before_cursor_execute", lambda *args: sent.append(args[2]))
        assert [read(name)(node) for node in held[inspect(Node)]] == expected
    assert sent == []  # nothing was left to load


def test_one_statement_for_each_class(engine):
    names = ("parent", "children", "leaves")
    sent = []
    with Session(engine) as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *args: sent.append(args[2]))
        load_ahead(session, [inspect(Node)], [inspect(Node).relationships[each] for each in names])
    assert len(sent) == 2
