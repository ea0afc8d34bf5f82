"""How much the comparison sees, for people."""

MODELS = """
from sqlalchemy import func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[int]

    @hybrid_property
    def dear(self):
        return self.price > 10 and self.price > 5

    @dear.inplace.expression
    @classmethod
    def _dear(cls):
        return (cls.price > 10) & (cls.price > 5)

    @hybrid_property
    def plain(self):
        return self.price

    @hybrid_property
    def none(self):
        return 3
"""


def test_edits_are_counted_and_survivors_shown(command, tmp_path):
    (tmp_path / "shop.py").write_text(MODELS)
    ran = command(tmp_path, "mutate", "shop", "--examples", "40")
    assert (ran.status, ran.err) == (0, "")
    dear, *survivors, plain, none, blank, total = ran.out.splitlines()
    assert dear.startswith("Item.dear: ")
    assert " edits that change an answer were noticed, " in dear
    # What the second condition says, the first says already.
    assert "  no answer changed   predicate dropped: items.price > CAST(:price_2 AS INT)" in survivors
    assert none == "Item.none: not edited, there is no SQL of its own to edit"
    assert plain == "Item.plain: not edited, there is nothing in its SQL to edit"
    assert blank == ""
    assert total.endswith("edits noticed (100%)")


def test_a_target_that_is_not_there(command, tmp_path):
    ran = command(tmp_path, "mutate", "nothing")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("hybrid-harness: There is no module 'nothing' to import.")


def test_nothing_to_edit_is_refused(command, tmp_path):
    (tmp_path / "shop.py").write_text(MODELS)
    ran = command(tmp_path, "mutate", "shop", "--only", "nothing")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == (
        "hybrid-harness: None of the 3 hybrids of shop is selected.\n"
        "  where: --only / --skip nothing\n"
        "  hint:  The globs match on Class.hybrid; `hybrid-harness list` prints the names.\n"
    )
