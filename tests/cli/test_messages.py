"""Whole messages: what is wrong, where, and what to do next."""

import pytest

FORMS = "a target is pkg.module, pkg.module:Base, pkg.module:db, pkg.module:Class, or the same with path/to/file.py"
BASE = """
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
HYBRID = """
    from sqlalchemy.ext.hybrid import hybrid_property

    @hybrid_property
    def number(self):
        return self.id
"""


def said(what, *, where, hint):
    return f"hybrid-harness: {what}\n  where: {where}\n  hint:  {hint}\n"


def test_unknown_module(command, tmp_path):
    ran = command(tmp_path, "list", "nowhere.models:Base")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "There is no module 'nowhere' to import.",
        where="target 'nowhere.models:Base'",
        hint=f"Run in the folder that has it, or check the spelling; {FORMS}.",
    )


def test_unknown_file(command, tmp_path):
    ran = command(tmp_path, "list", "nowhere/models.py:Base")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "There is no file nowhere/models.py.",
        where="target 'nowhere/models.py:Base'",
        hint=f"Check the path; {FORMS}.",
    )


@pytest.mark.parametrize("target", ["", ":Base", "./shop", "a..b"])
def test_what_is_no_module(command, tmp_path, target):
    ran = command(tmp_path, "list", target)
    assert (ran.status, ran.out) == (2, "")
    place = target.partition(":")[0]
    assert ran.err == said(f"{place!r} is no module's name.", where=f"target {target!r}", hint=f"{FORMS}.")


@pytest.mark.parametrize("target", ["shop:", "shop.py:"])
def test_nothing_after_the_colon(command, tmp_path, target):
    (tmp_path / "shop.py").write_text(BASE + HYBRID)
    ran = command(tmp_path, "list", target)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(f"{target!r} ends in its colon.", where=f"target {target!r}", hint=f"{FORMS}.")


def test_module_that_raises(command, tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\n\nraise ValueError('no settings')\n")
    ran = command(tmp_path, "list", "broken")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == said(
        "The models of 'broken' don't import: ValueError: no settings",
        where=f"{tmp_path}/broken.py:3",
        hint="`python -c 'import broken'` shows the same; mend that first.",
    )


def test_module_that_exits(command, tmp_path):
    (tmp_path / "leaver.py").write_text("raise SystemExit('set DJANGO_SETTINGS')\n")
    ran = command(tmp_path, "list", "leaver.py:Base")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == said(
        "The models of 'leaver.py:Base' don't import: SystemExit: set DJANGO_SETTINGS",
        where=f"{tmp_path}/leaver.py:1",
        hint="`python leaver.py` shows the same; mend that first.",
    )


def test_module_that_closes_what_is_not_its_own(command, tmp_path):
    (tmp_path / "a closer.py").write_text("import os\n\nos.closerange(0, 64)\n")
    ran = command(tmp_path, "check", "a closer.py")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == said(
        "The models of 'a closer.py' don't import: Refused: os.closerange(0, 64) would have ended the run or its limits",
        where=f"{tmp_path}/a closer.py:3",
        hint="Let it close what it opened itself, and nothing else.",
    )


def test_module_that_raises_what_is_no_exception(command, tmp_path):
    (tmp_path / "abort.py").write_text("class Abort(BaseException):\n    pass\n\n\nraise Abort('enough')\n")
    ran = command(tmp_path, "list", "abort")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == said(
        "The models of 'abort' don't import: Abort: enough",
        where=f"{tmp_path}/abort.py:5",
        hint="`python -c 'import abort'` shows the same; mend that first.",
    )


@pytest.mark.parametrize("target", ["unfinished", "unfinished.py"])
def test_module_with_a_syntax_error(command, tmp_path, target):
    (tmp_path / "unfinished.py").write_text("x = 1\ny = = 2\n")
    ran = command(tmp_path, "list", target)
    assert (ran.status, ran.out) == (3, "")
    assert ran.err.startswith(f"hybrid-harness: The models of {target!r} don't import: SyntaxError: ")
    assert f"  where: {tmp_path}/unfinished.py:2\n" in ran.err
    assert "Traceback" not in ran.err


def test_missing_dependency_of_a_models_module(command, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "models.py").write_text("import os\nimport nowhere_to_be_found\n")
    ran = command(tmp_path, "list", "app.models:Base")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == said(
        "The models of 'app.models:Base' don't import: ModuleNotFoundError: No module named 'nowhere_to_be_found'",
        where=f"{tmp_path}/app/models.py:2",
        hint="`python -c 'import app.models'` shows the same; mend that first.",
    )


def test_mapping_error_is_shown_at_the_users_line(command, tmp_path):
    (tmp_path / "keyless.py").write_text(BASE + "\nclass Keyless(Base):\n    __tablename__ = 'keyless'\n")
    ran = command(tmp_path, "list", "keyless")
    assert (ran.status, ran.out) == (3, "")
    assert "could not assemble any primary key columns" in ran.err
    assert f"  where: {tmp_path}/keyless.py:11\n" in ran.err


@pytest.mark.parametrize(
    ("argument", "said_of_it"),
    [
        ("lambda: Missing", "NameError: name 'Missing' is not defined"),
        ("'Missing'", "expression 'Missing' failed to locate a name"),
    ],
)
def test_mappers_that_cannot_be_configured(command, tmp_path, argument, said_of_it):
    (tmp_path / "lost.py").write_text(
        f"{BASE}\n    from sqlalchemy.orm import relationship\n    other = relationship({argument})\n"
    )
    ran = command(tmp_path, "list", "lost:Item")
    assert (ran.status, ran.out) == (3, "")
    first, where, hint = ran.err.splitlines()
    assert first.startswith("hybrid-harness: The mappers of lost:Item can't be configured: ")
    assert said_of_it in first
    assert where == "  where: lost.Item"
    assert hint == (
        "  hint:  Mend the mapping that SQLAlchemy names; the same happens when the application starts."
    )


def test_attribute_missing(command, tmp_path):
    (tmp_path / "shop.py").write_text(BASE)
    ran = command(tmp_path, "list", "shop:Nope")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "shop has no 'Nope'.", where="target 'shop:Nope'", hint=f"It has these: Base, Item; {FORMS}."
    )


def test_attribute_missing_where_nothing_would_do(command, tmp_path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    ran = command(tmp_path, "list", "empty:Base")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "empty has no 'Base'.",
        where="target 'empty:Base'",
        hint=f"It has no declarative base, registry or mapped class; {FORMS}.",
    )


def test_target_without_mapped_classes(command, tmp_path):
    (tmp_path / "empty.py").write_text("x = 1\n")
    of_module = command(tmp_path, "list", "empty")
    assert (of_module.status, of_module.out) == (2, "")
    assert of_module.err == said(
        "empty has no mapped class.",
        where="target 'empty'",
        hint=f"Name the module that defines them; {FORMS}.",
    )
    of_attribute = command(tmp_path, "list", "empty:x")
    assert (of_attribute.status, of_attribute.out) == (2, "")
    assert of_attribute.err == said(
        "The target has no mapped class.",
        where="target 'empty:x'",
        hint=f"Name a declarative base, a registry, an object with .Model, or a mapped class; {FORMS}.",
    )


def test_target_without_hybrids(command, tmp_path):
    (tmp_path / "plain.py").write_text(BASE)
    ran = command(tmp_path, "check", "plain")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "plain has no hybrid.",
        where="TARGET",
        hint="Name a module or base whose classes have hybrid_property.",
    )


def test_selection_that_matches_nothing(command, tmp_path):
    (tmp_path / "shop.py").write_text(BASE + HYBRID)
    ran = command(tmp_path, "check", "shop", "--only", "item.*", "--skip", "X.*")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "None of the 1 hybrids of shop is selected.",
        where="--only / --skip item.*, X.*",
        hint="The globs match on Class.hybrid; `hybrid-harness list` prints the names.",
    )


TIMEOUT = "it must be from 0.001 to 86400 seconds."


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        (
            ["--format", "yaml"],
            "There is no format 'yaml'.",
            "Choose one of text, json, sarif, markdown, html, github.",
        ),
        (["--examples", "0"], "examples is 0, but it must be at least 1.", "Give 1 or more."),
        (["--seed", "-1"], "seed is -1, but it must be at least 0.", "Give 0 or more."),
        (["--timeout", "0"], f"timeout is 0, but {TIMEOUT}", "Give seconds, for instance 5."),
        (["--timeout", "-1"], f"timeout is -1, but {TIMEOUT}", "Give seconds, for instance 5."),
        (["--timeout", "nan"], f"timeout is nan, but {TIMEOUT}", "Give seconds, for instance 5."),
        (["--timeout", "inf"], f"timeout is inf, but {TIMEOUT}", "Give seconds, for instance 5."),
        (["--timeout", "1e-9"], f"timeout is 1e-09, but {TIMEOUT}", "Give seconds, for instance 5."),
        (
            ["--database", "sqlite"],
            "'sqlite' is no database.",
            "Give auto, embedded, docker, or a URL such as postgresql://user@host/name.",
        ),
        (
            ["--database", "me:s3cret@db/x"],
            "What is given is no database.",
            "Give auto, embedded, docker, or a URL such as postgresql://user@host/name.",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_option_that_cannot_be_meant(command, tmp_path, arguments, what, hint):
    ran = command(tmp_path, "check", "shop", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(what, where="the command line", hint=hint)


def test_fail_on_that_is_no_threshold(command, tmp_path):
    ran = command(tmp_path, "check", "shop", "--fail-on", "info")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == said(
        "fail-on is 'info', which is no threshold.", where="--fail-on", hint="Choose error or warning."
    )


def test_server_that_cannot_be_reached(command, tmp_path):
    (tmp_path / "shop.py").write_text(BASE + HYBRID)
    ran = command(tmp_path, "check", "shop", "--database", "postgresql://me:s3cret@127.0.0.1:1/x")
    assert (ran.status, ran.out) == (3, "")
    announced, what, where, hint = ran.err.splitlines()
    assert announced.startswith(
        "hybrid-harness: works at postgresql+psycopg://me:***@127.0.0.1:1/x, in databases of its own"
    )
    assert what.startswith('hybrid-harness: PostgreSQL: connection to server at "127.0.0.1", port 1 failed: ')
    assert where == "  where: postgresql+psycopg://me:***@127.0.0.1:1/x"
    assert hint == "  hint:  see that the server runs, and that host and port are its own"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:s3cret@127.0.0.1/x",
        "postgresql://127.0.0.1:1/x?user=me&password=s3cret",
    ],
)
def test_password_is_never_printed(command, tmp_path, url):
    (tmp_path / "shop.py").write_text(BASE + HYBRID)
    ran = command(tmp_path, "check", "shop", "--database", url)
    assert ran.status in {2, 3}
    assert ran.err.startswith("hybrid-harness: ")
    assert "Traceback" not in ran.err
    assert "s3cret" not in ran.out + ran.err


def test_password_is_not_in_the_reproduce_command(command, tmp_path, server):
    (tmp_path / "shop.py").write_text(
        BASE + HYBRID + "\n    @hybrid_property\n    def bad(self):\n        return None\n"
    )
    url = server.create_database()
    try:
        address = url.update_query_dict({"sslpassword": "s3cret"}).render_as_string(hide_password=False)
        ran = command(tmp_path, "check", "shop", "--examples", "5", "--format", "json", "--database", address)
    finally:
        server.drop_database(url)
    assert ran.status == 1, ran.err
    assert '"provider": "url"' in ran.out
    assert "HH103" in ran.out
    assert "s3cret" not in ran.out + ran.err
