"""What is collected, under which ids, and by which words on the command line."""

import pytest

FACETS = ["translates", "agrees", "composes", "scales", "snapshot"]


def ids(*hybrids):
    return [f"hybrids::{hybrid}::{facet}" for hybrid in hybrids for facet in FACETS]


@pytest.fixture
def shop(project):
    """Two hybrids and one test."""
    project.models("room", "number")
    project.write("test_shop.py", "def test_shop(): pass\n")
    return project


def test_nothing_is_injected_unless_asked(shop):
    shop.configure(ini="")
    assert shop.collected() == ["test_shop.py::test_shop"]


def test_the_ini_option_names_targets_in_pyproject_and_in_pytest_ini(shop):
    every = [*ids("Shelf.room", "Shelf.number"), "test_shop.py::test_shop"]
    assert shop.collected() == every
    shop.write("pytest.ini", "[pytest]\npythonpath = .\nhybrids =\n    shop:Shelf\n")
    assert shop.collected() == every
    shop.write("pytest.ini", "[pytest]\npythonpath = .\n")
    assert shop.collected() == ["test_shop.py::test_shop"]


def test_the_flag_replaces_the_ini_option(shop):
    shop.models("wrong", file="depot.py")
    assert shop.collected("--hybrids", "depot", "test_shop.py") == [
        *ids("Shelf.wrong"),
        "test_shop.py::test_shop",
    ]


def test_naming_files_or_folders_names_no_hybrids(shop):
    shop.write("more/test_more.py", "def test_more(): pass\n")
    assert shop.collected("test_shop.py") == ["test_shop.py::test_shop"]
    assert shop.collected("more") == ["more/test_more.py::test_more"]
    assert shop.collected("test_shop.py::test_shop") == ["test_shop.py::test_shop"]


def test_the_root_folder_is_everything(shop):
    every = [*ids("Shelf.room", "Shelf.number"), "test_shop.py::test_shop"]
    assert shop.collected(".") == every
    assert shop.collected(str(shop.path)) == every


def test_node_ids_select_one_hybrid_one_check_or_all(shop):
    room = ids("Shelf.room")
    assert shop.collected("hybrids::Shelf.room") == room
    assert shop.collected(room[1]) == room[1:2]
    assert shop.collected("hybrids") == [*room, *ids("Shelf.number")]
    assert shop.collected(room[1], "test_shop.py", "hybrids::Shelf.number::scales") == [
        room[1],
        "hybrids::Shelf.number::scales",
        "test_shop.py::test_shop",
    ]


def test_k_and_deselect_work_on_names(shop):
    assert shop.collected("-k", "Shelf.room and agrees") == ["hybrids::Shelf.room::agrees"]
    assert shop.collected("-k", "hybrids and not room") == ids("Shelf.number")
    assert shop.collected("--deselect", "hybrids::Shelf.room", "--deselect", "test_shop.py") == ids(
        "Shelf.number"
    )
    assert shop.collected("--deselect", "hybrids::Shelf.room::scales", "hybrids::Shelf.room") == [
        each for each in ids("Shelf.room") if "scales" not in each
    ]


def test_collected_items_are_counted(shop):
    result = shop.pytester.runpytest_inprocess("--collect-only", "-k", "room")
    result.stdout.fnmatch_lines(
        ["collected 11 items / 6 deselected / 5 selected", "*<HybridNode Shelf.room>", "*<FacetItem agrees>"]
    )


@pytest.mark.parametrize(
    ("node_id", "meant"),
    [
        ("hybrids::Shelf.rom", "hybrids::Shelf.room"),
        ("hybrids::Shelf.room::agree", "hybrids::Shelf.room::agrees"),
    ],
)
def test_an_unknown_node_id_is_an_error_that_says_what_was_meant(shop, node_id, meant):
    result = shop.pytester.runpytest_inprocess(node_id, "test_shop.py")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "*ERROR collecting hybrids*",
            f"not found: {node_id}",
            "  where: the command line",
            f"  hint:  Did you mean {meant}[?] `pytest --collect-only -q hybrids` lists all.",
        ],
        consecutive=True,
    )


def test_a_node_id_without_any_target_is_left_to_pytest(shop):
    shop.configure(ini="")
    result = shop.pytester.runpytest_inprocess("hybrids::Shelf.room")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: file or directory not found: hybrids::Shelf.room"])


def test_hybrids_of_the_same_name_get_their_modules(shop):
    shop.models("room", file="depot.py")
    shop.configure(ini='hybrids = ["shop", "depot:Base"]')
    assert shop.collected("hybrids") == [
        *ids("shop.Shelf.room", "Shelf.number", "depot.Shelf.room"),
    ]


def test_a_hybrid_that_two_targets_name_is_collected_once(shop):
    shop.configure(ini='hybrids = ["shop", "shop:Base", "shop:Shelf"]')
    assert shop.collected("hybrids") == ids("Shelf.room", "Shelf.number")


def test_only_and_skip_of_pyproject_hold(shop):
    shop.configure(settings='skip = ["*.number"]')
    assert shop.collected("hybrids") == ids("Shelf.room")


def test_a_folder_named_hybrids_is_a_folder(shop):
    shop.write("hybrids/test_mine.py", "def test_mine(): pass\n")
    assert shop.collected("hybrids") == ["hybrids/test_mine.py::test_mine"]
    assert shop.collected("hybrids::Shelf.room::agrees") == ["hybrids::Shelf.room::agrees"]


BROKEN = [
    (
        "import shop_settings",
        [
            "The models of 'shop' don't import: ModuleNotFoundError: No module named 'shop_settings'",
            "  where: */shop.py:1",
        ],
    ),
    ("", ["shop has no mapped class.", "  where: target 'shop'"]),
]


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=["broken", "empty"])
def test_models_that_do_not_load_are_one_error_without_a_traceback(shop, text, message):
    shop.write("shop.py", text)
    result = shop.pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        [
            "collected 1 item / 1 error",
            "*ERROR collecting hybrids*",
            *message,
            "  hint:*",
            "*short test summary*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    assert len(result.outlines) < 20


def test_targets_without_hybrids_are_an_error(shop):
    shop.models()
    result = shop.pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["shop has no hybrid to check.", "  where: hybrids", "  hint:*"])


@pytest.mark.parametrize(
    ("settings", "flag", "message"),
    [
        ("exampels = 5", [], "There is no setting 'exampels'.*hint:  Did you mean 'examples'*"),
        (
            "",
            ["--hybrids-examples", "0"],
            "examples is 0, but it must be at least 1.*where: the command line*",
        ),
        ("", ["--hybrids-database", "mysql"], "'mysql' is no database.*"),
    ],
)
def test_options_that_cannot_be_meant_are_usage_errors(shop, settings, flag, message):
    shop.configure(settings=settings)
    result = shop.pytester.runpytest_inprocess(*flag)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert not result.outlines
    assert "Traceback" not in result.stderr.str()
    result.stderr.fnmatch_lines([f"ERROR: {message.split('*')[0]}*"])
    for part in message.split("*"):
        assert part in result.stderr.str()
