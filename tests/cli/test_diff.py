"""``hybrid-harness diff`` in git repositories of the tests' own."""

import json
import os
import subprocess
import sys

import pytest

from harness.core.snapshot_file import snapshot_text

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
FACTS = {"tables": ("line", "orders"), "columns": ("line.order_id", "line.price", "orders.id")}
SUM = """SELECT
  orders.id,
  (
    SELECT coalesce(sum(line.price), %(coalesce_1)s::INTEGER) AS s
    FROM line
    WHERE line.order_id = orders.id
  ) AS total
FROM orders"""
TOTAL = snapshot_text("Order.total", {"coalesce_1": 0}, SUM, facts={**FACTS, "result type": "numeric"})
PAID = snapshot_text("Order.paid", {}, "SELECT orders.id, orders.state = 'p' AS paid\nFROM orders")


class Repository:
    """A git repository with the project in ``folder``."""

    def __init__(self, top, folder, command):
        self.top, self.folder, self._command = top, folder, command
        folder.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments):
        subprocess.run(
            ["git", *arguments], cwd=self.top, env=os.environ | GIT, check=True, capture_output=True
        )

    def write(self, **texts):
        for name, text in texts.items():
            path = self.folder / "snapshots" / "shop.models" / f"Order.{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def commit(self, **texts):
        self.write(**texts)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=.")

    def diff(self, *arguments, **changes):
        return self._command(self.folder, "diff", *arguments, **GIT, COLUMNS="200", **changes)


@pytest.fixture
def repository(tmp_path, command):
    made = Repository(tmp_path, tmp_path, command)
    made.commit(total=TOTAL, paid=PAID)
    return made


def test_the_working_tree_against_head(repository):
    repository.write(total=TOTAL.replace("sum(", "avg(").replace("numeric", "double precision"))
    ran = repository.diff()
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        "Snapshots of SQL, HEAD to the working tree: 1 changed, 1 unchanged.\n"
        "\n"
        "Order.total  snapshots/shop.models/Order.total.sql\n"
        "  - Aggregate changed in the subquery on `line`: `sum(line.price)` became `avg(line.price)`.\n"
        "  - Result type changed: `numeric` became `double precision`.\n"
    )


def test_nothing_changed_though_the_checkout_has_crlf(repository):
    repository.write(total=TOTAL.replace("\n", "\r\n"))
    ran = repository.diff()
    assert (ran.status, ran.out) == (0, "Snapshots of SQL, HEAD to the working tree: 2 unchanged.\n")


def test_two_revisions_as_markdown_in_a_file(repository):
    repository.git("checkout", "--quiet", "-b", "topic")
    repository.commit(
        total=TOTAL.replace("\n    WHERE line.order_id = orders.id", ""), sent=PAID.replace("paid", "sent")
    )
    repository.write(total="not compared")
    ran = repository.diff("main", "topic", "--format", "markdown", "--output", "report.md")
    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert (repository.folder / "report.md").read_text("utf-8") == (
        "### SQL of hybrids: 1 changed, 1 added, 1 unchanged\n"
        "\n"
        "From `main` to `topic`, by their snapshots.\n"
        "\n"
        "**`Order.total`** (`snapshots/shop.models/Order.total.sql`)\n"
        "\n"
        "- Correlation lost: the subquery on `line` no longer has `line.order_id = orders.id`, so it gives the same for "
        "every row.\n"
        "\n"
        "**`Order.sent`** (`snapshots/shop.models/Order.sent.sql`)\n"
        "\n"
        "- Hybrid added; it reads `orders`.\n"
    )


def test_json_has_every_status(repository):
    repository.commit(broken=PAID, spaced=PAID, gone=PAID)
    repository.write(
        total=TOTAL.replace("INTEGER", "NUMERIC"),
        broken=PAID.replace("SELECT", "SELECT FROM ("),
        spaced=PAID.replace(", ", ",\n  "),
        new=PAID,
    )
    (repository.folder / "snapshots" / "shop.models" / "Order.gone.sql").unlink()
    ran = repository.diff("--format", "json")
    found = json.loads(ran.out)
    assert {key: found[key] for key in ("version", "base", "head")} == {
        "version": 1,
        "base": "HEAD",
        "head": "the working tree",
    }
    assert found["hybrids"][0] == {
        "module": "shop.models",
        "name": "Order.paid",
        "file": "snapshots/shop.models/Order.broken.sql",
        "status": "unreadable",
        "changes": [
            {
                "kind": "unreadable",
                "sentence": "The text changed, and in the working tree it can't be parsed: what it means is for you to read.",
            }
        ],
    }
    statuses = [(hybrid["file"].split(".")[-2], hybrid["status"]) for hybrid in found["hybrids"]]
    assert statuses == [
        ("broken", "unreadable"),
        ("total", "changed"),
        ("new", "added"),
        ("gone", "removed"),
        ("spaced", "same-meaning"),
    ]
    assert found["summary"] == {
        "unreadable": 1,
        "changed": 1,
        "added": 1,
        "removed": 1,
        "same-meaning": 1,
        "unchanged": 1,
    }


def test_a_merge_that_is_not_done(repository):
    repository.write(paid=f"<<<<<<< HEAD\n{PAID}=======\n{TOTAL}>>>>>>> topic\n")
    assert repository.diff().out.splitlines()[3:] == [
        "  - The text changed, and in the working tree it has merge-conflict marks: take either side, run "
        "`pytest --snapshot-update` and compare again."
    ]


def test_a_project_in_a_folder_of_its_repository(tmp_path, command):
    repository = Repository(tmp_path, tmp_path / "services" / "shop", command)
    repository.commit(total=TOTAL)
    repository.write(total=TOTAL.replace("= 0", "= 1"))
    assert repository.diff("main").out.splitlines()[3:] == [
        "  - Constant changed in the subquery on `line`: `0` became `1`, in `coalesce(sum(line.price), 1)`."
    ]


IMPACTS = {
    ("line.price",): (
        "1 hybrid with SQL that reads `line.price`:\n\n  Order.total  snapshots/shop.models/Order.total.sql\n"
    ),
    ("orders.id", "--format", "markdown"): (
        "2 hybrids with SQL that reads `orders.id`:\n\n"
        "- `Order.paid`  snapshots/shop.models/Order.paid.sql\n"
        "- `Order.total`  snapshots/shop.models/Order.total.sql\n"
    ),
    ("line.prize",): "No hybrid's SQL reads `line.prize`; of `line` it reads `order_id` and `price`.\n",
    ("audit.at",): "No hybrid's SQL reads `audit.at`, nor any other column of a table `audit`.\n",
}


@pytest.mark.parametrize("arguments", IMPACTS, ids=" ".join)
def test_impact_needs_no_git(tmp_path, command, arguments):
    folder = tmp_path / "snapshots" / "shop.models"
    folder.mkdir(parents=True)
    (folder / "Order.total.sql").write_text(TOTAL, "utf-8")
    (folder / "Order.paid.sql").write_text(PAID, "utf-8")
    ran = command(tmp_path, "diff", "--impact", *arguments, PATH="")
    assert (ran.status, ran.err, ran.out) == (0, "", IMPACTS[arguments])


def test_impact_at_a_revision(repository):
    repository.write(total=TOTAL.replace("line.price", "line.cost"))
    found = json.loads(repository.diff("HEAD", "--impact", "line.price", "--format", "json").out)
    assert found == {
        "version": 1,
        "column": "line.price",
        "hybrids": [{"name": "Order.total", "file": "snapshots/shop.models/Order.total.sql"}],
        "unknown": [],
    }


ERRORS = {
    ("nowhere",): (2, "There is no revision 'nowhere'.", "Name a commit, branch or tag"),
    ("--", "--all"): (2, "There is no revision '--all'.", "Name a commit, branch or tag"),
    ("main...topic",): (
        2,
        "There is no revision 'main...topic'.",
        "Give both ends by themselves: `hybrid-harness diff main topic`.",
    ),
    ("--format", "html"): (2, "There is no format 'html'.", "Choose one of text, markdown, json."),
    ("--output", "no/such/folder"): (2, "The report can't be written to no/such/folder.", "Name a file"),
    ("--impact", "order.price"): (
        2,
        "No hybrid's SQL reads a table 'order'.",
        "Did you mean orders? Known here are the tables that some hybrid's SQL reads.",
    ),
    ("--impact", "price"): (2, "'price' is no column.", "Give TABLE.COLUMN"),
    ("main", "HEAD", "--impact", "line.price"): (
        2,
        "--impact reads one side's snapshots, not two.",
        "Leave out one of main and HEAD.",
    ),
}


@pytest.mark.parametrize("arguments", ERRORS, ids=" ".join)
def test_what_cannot_be_meant(repository, arguments):
    status, what, hint = ERRORS[arguments]
    ran = repository.diff(*arguments)
    assert (ran.status, ran.out) == (status, "")
    first, _where, last = ran.err.splitlines()
    assert first == f"hybrid-harness: {what}"
    assert last.startswith(f"  hint:  {hint}")


def test_without_a_repository(tmp_path, command):
    ran = command(tmp_path, "diff", **GIT, GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert ran.status == 2
    assert ran.err.startswith("hybrid-harness: git finds no repository to take a revision from.\n")


def test_without_snapshots(tmp_path, command):
    repository = Repository(tmp_path, tmp_path, command)
    repository.commit()
    ran = repository.diff()
    assert ran.status == 2
    assert ran.err == (
        "hybrid-harness: There are no snapshots to read.\n"
        f"  where: {tmp_path / 'snapshots'} (HEAD and the working tree)\n"
        "  hint:  Run it in the project's folder; `pytest` writes the snapshots where there are none.\n"
    )


def test_without_git(repository):
    ran = repository.diff(PATH="")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err.startswith("hybrid-harness: The program git is not there.\n")


def test_the_command_stays_light(repository):
    code = (
        "import sys; sys.argv = ['hybrid-harness', 'diff']\n"
        "from harness.cli import main\n"
        "try: main()\n"
        "finally: print({'pytest', 'syrupy', 'sqlalchemy', 'psycopg', 'hypothesis'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repository.folder,
        env=os.environ | GIT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "set()"
