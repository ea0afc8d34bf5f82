"""Every kind of schema that a user may point the harness at, run for real; the table says what must come of each hybrid."""

import contextlib
import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings

from harness.config import Options
from harness.core.finding import Severity
from harness.core.report import Verdict
from harness.engine import check, shrinking

MODELS = Path(__file__).parent / "models"

ISSUE = {
    "Discovery": (
        "hybrid_property", "hybrid_method: arguments by annotation", "hybrid_method: arguments by default",
        "hybrid_method: arguments by a registered strategy", "hybrid_method: else untested", "column_property",
        "DeclarativeBase", "declarative_base()", "registry.mapped", "imperative mapping", "MappedAsDataclass", "SQLModel",
        "Flask-SQLAlchemy db", "several bases with the same table names in one run", "mixins", "declared_attr",
        "single-table inheritance", "joined inheritance", "concrete inheritance", "overridden hybrids",
        ".inplace in all its forms", "comparators", "synonyms", "hybrids made by factories or lambdas",
    ),
    "Schema creation": (
        "schema= names", "quoted, reserved and non-ASCII identifiers", "enums", "sequences", "identity columns",
        "computed columns", "DDL events", "server defaults", "extensions", "extensions that the server lacks",
        "types that the database lacks", "functions that the database lacks", "cycles (use_alter)",
    ),
    "Generation, types": (
        "integer widths to their bounds", "Numeric(p, s)", "Float", "Double", "REAL", "String(n)", "Text", "CHAR(n)", "Unicode",
        "CITEXT", "Boolean", "Date", "Time", "DateTime with and without zone", "Interval", "Enum native", "Enum not native",
        "Enum by name", "Enum by value", "Uuid", "LargeBinary", "JSON", "JSONB", "ARRAY", "HSTORE", "INET", "CIDR", "MACADDR",
        "ranges", "multiranges", "TSVECTOR", "BIT", "TypeDecorator", "mutable types", "pickled types",
        "unknown type: NULL where allowed", "unknown type: its default", "unknown type: untested, with the line",
    ),
    "Generation, constraints": (
        "NOT NULL", "natural keys", "composite keys", "shared keys", "composite foreign keys", "self-referential foreign keys",
        "cycles between tables", "deferrable", "UNIQUE of several columns", "partial unique index", "NULLS NOT DISTINCT",
        "CHECK that can be read", "CHECK left to the database", "EXCLUDE", "one-to-one", "association with payload",
        "polymorphic identities", "version columns", "register_strategy by type", "register_strategy by column",
    ),
    "What real applications needed": (
        "setup before import", "Base.registry", "a bare registry", "SQLModel's own registry", "db.Model",
        "configure_mappers() that fails", "an index that can't be created", "views mapped as tables",
        "triggers that fill NOT NULL columns", "an enum over String", "decorators with .enum", "decorators with .choices",
        "decorators with enum_klass", "pydantic models in JSONB", "discriminators", "exclusive arcs",
        "cycles of four to ten tables", "every member of an enum", "acyclic self-references, many-to-many too",
        "one hybrid, one report: .inplace", "one hybrid, one report: a subclass inherits", "one root cause, one finding",
        "relationship-valued hybrids", "comparator hybrids", "equal enough: StrEnum and str", "equal enough: moments",
        "equal enough: NaN", "equal enough: Decimal scale", "None and False stay apart",
    ),
}  # fmt: skip
"""The lists of the issue that asked for any schema, item by item."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What must come of a run on ``targets``, files below ``models/``; ``items`` of the issue it covers.

    ``ok``: hybrids by class. ``wrong``: the rule that reports a hybrid. ``untested``: texts in the reason.
    ``distinct``: how many values a hybrid must have had. ``shown_by``: the classes of a hybrid that several have.
    ``notices``: texts in what the run says of the schema. ``lacks``: only true of the embedded server. ``examples``: few, for
    values of types that are compared as they are.
    """

    items: tuple[str, ...]
    targets: tuple[str, ...]
    ok: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    untested: dict[str, tuple[str, ...]] = field(default_factory=dict)
    distinct: dict[str, int] = field(default_factory=dict)
    shown_by: dict[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    lacks: bool = False
    setup: str | None = None
    examples: int = 15

    @property
    def name(self):
        return Path(self.targets[0].partition(":")[0]).stem

    @property
    def hybrids(self):
        ok = [f"{owner}.{name}" for owner, names in self.ok.items() for name in names.split()]
        return {*ok, *self.wrong, *self.untested}


ZOO = (
    Entry(
        items=("DeclarativeBase", "hybrid_property", "Base.registry"),
        targets=("declarative_base_class.py:Base.registry",),
        ok={"Account": "spendable"},
        wrong={"Account.wrong_spendable": "HH207"},
        examples=40,
    ),
    Entry(
        items=("declarative_base()",),
        targets=("declarative_base_function.py",),
        ok={"Author": "full_name pages"},
        wrong={"Author.wrong_pages": "HH246"},
    ),
    Entry(
        items=("registry.mapped", "a bare registry"),
        targets=("registry_mapped.py:reg",),
        ok={"Tag": "length", "Colour": "reddish"},
        wrong={"Tag.wrong_length": "HH208"},
    ),
    Entry(
        items=("imperative mapping",),
        targets=("imperative.py",),
        ok={"Order": "total", "Line": "many"},
        wrong={"Line.wrong_many": "HH298"},
    ),
    Entry(
        items=("MappedAsDataclass",),
        targets=("dataclasses_mapped.py",),
        ok={"Basket": "number_of_fruits"},
        wrong={"Fruit.wrong_heavy": "HH243"},
    ),
    Entry(
        items=("SQLModel", "SQLModel's own registry"),
        targets=("sqlmodel_tables.py:SQLModel",),
        ok={"Hero": "in_team leads"},
        wrong={"Hero.wrong_of_age": "HH243"},
    ),
    Entry(
        items=("Flask-SQLAlchemy db", "db.Model"),
        targets=("flask_db.py:db",),
        ok={"User": "shouted"},
        wrong={"User.wrong_short": "HH208"},
    ),
    Entry(
        items=("several bases with the same table names in one run",),
        targets=("several_bases.py",),
        ok={"Payer": "in_debt", "Poster": "active"},
        wrong={"Poster.wrong_active": "HH208"},
    ),
    Entry(
        items=("several bases with the same table names in one run",),
        targets=("same_table_names.py", "declarative_base_class.py", "declarative_base_function.py"),
        ok={"Account": "old spendable", "Author": "famous full_name pages"},
        wrong={"Account.wrong_spendable": "HH207", "Author.wrong_pages": "HH246"},
        examples=40,
    ),
    Entry(
        items=("mixins", "declared_attr", "one hybrid, one report: a subclass inherits"),
        targets=("mixins.py",),
        ok={"Boat": "gross has_owner", "Owner": "initial"},
        wrong={"Boat.wrong_rated": "HH243"},
        shown_by={
            "Boat.gross": "Boat Book House",
            "Boat.wrong_rated": "Boat Book House",
            "Boat.has_owner": "Boat House",
        },
    ),
    Entry(
        items=("single-table inheritance", "discriminators", "one hybrid, one report: a subclass inherits"),
        targets=("single_table.py",),
        ok={"Employee": "well_paid label", "Manager": "has_bonus label"},
        wrong={"Manager.wrong_label": "HH208"},
        shown_by={"Employee.well_paid": "Employee Engineer Manager", "Employee.label": "Employee Engineer"},
    ),
    Entry(
        items=("joined inheritance", "polymorphic identities"),
        targets=("joined.py",),
        ok={"Vehicle": "two_wheels", "Car": "more_doors_than_wheels", "Taxi": "free"},
        wrong={"Car.wrong_doors": "HH298"},
        shown_by={
            "Vehicle.two_wheels": "Vehicle Car Taxi",
            "Car.more_doors_than_wheels": "Car Taxi",
            "Car.wrong_doors": "Car Taxi",
        },
    ),
    Entry(
        items=("concrete inheritance",),
        targets=("concrete.py",),
        ok={"Document": "long", "Letter": "stamped", "Animal": "name_twice"},
        wrong={"Dog.wrong_puppy": "HH298"},
        shown_by={"Document.long": "Document Letter", "Animal.name_twice": "Animal Cat Dog"},
    ),
    Entry(
        items=("overridden hybrids",),
        targets=("overridden.py",),
        ok={"Shape": "size", "Rectangle": "large size wrong_meaning"},
        wrong={"Shape.wrong_meaning": "HH221", "Rectangle.wrong_size": "HH208"},
        shown_by={"Rectangle.large": "Rectangle Shape"},
    ),
    Entry(
        items=(".inplace in all its forms", "one hybrid, one report: .inplace"),
        targets=("inplace.py",),
        ok={"Song": "minutes length"},
        wrong={"Song.wrong_long": "HH208"},
    ),
    Entry(
        items=("comparators", "comparator hybrids", "relationship-valued hybrids"),
        targets=("comparators.py",),
        ok={"Person": "nick_length boss"},
        wrong={"Person.wrong_nick_length": "HH214", "Person.wrong_boss": "HH214"},
    ),
    Entry(
        items=("synonyms",),
        targets=("synonyms.py",),
        ok={"Job": "done"},
        wrong={"Job.wrong_unfinished": "HH301", "Job.wrong_done": "HH208"},
    ),
    Entry(
        items=("hybrids made by factories or lambdas",),
        targets=("factories.py",),
        ok={"Player": "high_level many_points above_five"},
        wrong={
            "Player.wrong_points": "HH208",
            "Player.wrong_at_least": "HH102",
            "Player.wrong_attrgetter": "HH102",
        },
    ),
    Entry(
        items=(
            "hybrid_method: arguments by annotation",
            "hybrid_method: arguments by default",
            "hybrid_method: else untested",
        ),
        targets=("methods.py",),
        ok={"Day": "warmer_than warm like"},
        wrong={"Day.wrong_colder_than": "HH208"},
        untested={
            "Day.odd": ("the parameter 'thing'", "harness.register_strategy(Unknown, st.builds(Unknown))")
        },
    ),
    Entry(
        items=("column_property",),
        targets=("column_properties.py",),
        ok={"Site": "url number_of_pages"},
        wrong={"Site.wrong_empty": "HH208"},
    ),
    Entry(
        items=("schema= names",),
        targets=("schemas.py",),
        ok={"Item": "dear", "Archived": "changed"},
        wrong={"Archived.wrong_free": "HH208"},
    ),
    Entry(
        items=("quoted, reserved and non-ASCII identifiers",),
        targets=("identifiers.py",),
        ok={"User": "ordered einheitsgröße enough number_of_groups"},
        wrong={"User.wrong_größe": "HH247"},
    ),
    Entry(
        items=("enums", "Enum native", "Enum not native", "Enum by name", "Enum by value"),
        targets=("enums.py",),
        ok={"Ticket": "state_value before_value closed", "Change": "opened"},
        wrong={"Ticket.wrong_reopened": "HH243"},
        distinct={"Ticket.state_value": 3, "Ticket.before_value": 4},
    ),
    Entry(
        items=("sequences",),
        targets=("sequences.py",),
        ok={"Invoice": "once"},
        wrong={"Invoice.wrong_paid": "HH208"},
    ),
    Entry(
        items=("identity columns",),
        targets=("identity.py",),
        ok={"Queue": "length", "Task": "short"},
        wrong={"Task.wrong_short": "HH208"},
    ),
    Entry(
        items=("computed columns",),
        targets=("computed.py",),
        ok={"Box": "large"},
        wrong={"Box.wrong_large": "HH208"},
    ),
    Entry(
        items=("DDL events", "unknown type: NULL where allowed"),
        targets=("ddl_events.py",),
        ok={"Game": "doubled", "Result": "first"},
        wrong={"Game.wrong_doubled": "HH208"},
        notices=('extension "not_on_any_server" is not available',),
    ),
    Entry(
        items=("server defaults", "unknown type: its default"),
        targets=("server_defaults.py",),
        ok={"Visit": "bounced"},
        wrong={"Visit.wrong_bounced": "HH208"},
        notices=("uuid_generate_v4() is made of gen_random_uuid()",),
        lacks=True,
    ),
    Entry(
        items=("extensions", "extensions that the server lacks", "HSTORE", "CITEXT"),
        targets=("extensions.py",),
        ok={"Member": "anonymous unnamed"},
        wrong={"Member.wrong_short": "HH208"},
        untested={
            "Secret.hashed": (
                "the server has no function digest()",
                "the extension pgcrypto",
                "--database URL",
            )
        },
        lacks=True,
    ),
    Entry(
        items=(
            "types that the database lacks",
            "functions that the database lacks",
            "extensions that the server lacks",
        ),
        targets=("lacking.py",),
        ok={"Visitor": "adult", "Word": "empty"},
        wrong={"Visitor.wrong_adult": "HH208"},
        untested={
            "Place.top": (
                "places can't be created",
                'type "geometry" does not exist',
                "the extension postgis",
                "--database URL",
            ),
            "Thing.top": (
                'type "own_type" does not exist',
                "event.listen(metadata, 'before_create', DDL(...))",
            ),
            "Stamp.top": (
                "function next_stamp() does not exist",
                "event.listen(metadata, 'before_create', DDL(...))",
            ),
        },
        notices=('The server has no collation xx-none-x-icu: "C" stands in for it',),
        lacks=True,
    ),
    Entry(
        items=("cycles (use_alter)", "cycles between tables"),
        targets=("use_alter.py",),
        ok={"Team": "led own_captain", "Player": "is_captain"},
        wrong={"Player.wrong_is_captain": "HH208"},
    ),
    Entry(
        items=("cycles between tables", "cycles of four to ten tables"),
        targets=("circles.py",),
        ok={"Company": "main_floor self_made"},
        wrong={"Company.wrong_self_made": "HH226"},
    ),
    Entry(
        items=("deferrable",),
        targets=("deferrable.py",),
        ok={"Chicken": "from_own_egg", "Later": "first"},
        wrong={"Chicken.wrong_first": "HH208"},
    ),
    Entry(
        items=("natural keys", "composite keys", "shared keys", "composite foreign keys"),
        targets=("keys.py",),
        ok={
            "Country": "number_of_cities",
            "City": "number_of_streets",
            "Passport": "rare",
            "Reading": "high",
        },
        wrong={"City.wrong_number_of_streets": "HH208"},
    ),
    Entry(
        items=("self-referential foreign keys", "composite foreign keys", "composite keys"),
        targets=("self_references.py",),
        ok={"Node": "number_of_children is_root"},
        wrong={"Node.wrong_is_leaf": "HH208"},
    ),
    Entry(
        items=("acyclic self-references, many-to-many too",),
        targets=("acyclic.py",),
        ok={"Task": "depth"},
        wrong={"Task.wrong_depth": "HH208"},
    ),
    Entry(
        items=("UNIQUE of several columns", "partial unique index", "NULLS NOT DISTINCT"),
        targets=("uniques.py",),
        ok={"Customer": "other_addresses", "Seat": "front free"},
        wrong={"Customer.wrong_other_addresses": "HH208"},
    ),
    Entry(
        items=("NOT NULL", "CHECK that can be read", "CHECK left to the database"),
        targets=("checks.py",),
        ok={"Product": "on_sale one_day is_book shown"},
        wrong={"Product.wrong_cheap": "HH298"},
    ),
    Entry(
        items=("EXCLUDE",),
        targets=("exclusion.py",),
        ok={"Room": "number_of_bookings", "Shift": "early"},
        wrong={"Room.wrong_number_of_bookings": "HH208"},
    ),
    Entry(
        items=("one-to-one",),
        targets=("one_to_one.py",),
        ok={"User": "public"},
        wrong={"User.wrong_public": "HH226"},
    ),
    Entry(
        items=("association with payload",),
        targets=("association.py",),
        ok={"Film": "number_of_tags wages"},
        wrong={"Film.wrong_has_tag": "HH226"},
    ),
    Entry(
        items=("version columns",),
        targets=("versions.py",),
        ok={"Draft": "first"},
        wrong={"Draft.wrong_first": "HH208"},
    ),
    Entry(
        items=("an index that can't be created",),
        targets=("unusable_index.py",),
        ok={"Note": "empty"},
        notices=(
            'The index notes_bm25 is left out: access method "bm25" does not exist',
            "The index notes_odd is left out: function no_such_function",
        ),
    ),
    Entry(
        items=("views mapped as tables",),
        targets=("views.py",),
        ok={"Total": "good", "Recent": "small"},
        wrong={"Total.wrong_good": "HH208"},
    ),
    Entry(
        items=("triggers that fill NOT NULL columns",),
        targets=("triggers.py",),
        ok={"Article": "searched_as_titled"},
        wrong={"Article.wrong_searched": "HH208"},
    ),
    Entry(
        items=("exclusive arcs",),
        targets=("arcs.py",),
        ok={"Boat": "kind"},
        wrong={"House.wrong_private": "HH226"},
        shown_by={"Boat.kind": "Boat House Plane"},
    ),
    Entry(
        items=("integer widths to their bounds", "Numeric(p, s)", "Float", "Double", "REAL", "Boolean"),
        targets=("types_numbers.py",),
        ok={
            "Measured": "small_value integer_value big_value price_value exact_value share_value floating_value double_value real_value open_value"
        },
        wrong={"Measured.wrong_lowest": "HH208"},
        examples=10,
    ),
    Entry(
        items=("String(n)", "Text", "CHAR(n)", "Unicode", "CITEXT", "LargeBinary", "Uuid"),
        targets=("types_text.py",),
        ok={
            "Written": "string_value text_value char_value unicode_value unicode_text_value binary_value uuid_value",
            "CaseInsensitive": "email_value",
        },
        wrong={"Written.wrong_full": "HH208", "CaseInsensitive.wrong_in": "HH208"},
        examples=10,
    ),
    Entry(
        items=("Date", "Time", "DateTime with and without zone", "Interval"),
        targets=("types_moments.py",),
        ok={"Event": "day_value at_value local_value moment_value duration_value"},
        wrong={"Event.wrong_short": "HH298"},
        examples=10,
    ),
    Entry(
        items=("JSON", "JSONB", "ARRAY", "HSTORE", "mutable types", "pickled types"),
        targets=("types_documents.py",),
        ok={
            "Document": "json_value jsonb_value numbers_value amounts_value words_value table_value sizes_value settings_value mutable_value mutable_list_value pickled_value mutable_pickled_value number_of_words"
        },
        wrong={"Document.wrong_number_of_words": "HH295"},
        examples=10,
    ),
    Entry(
        items=("INET", "CIDR", "MACADDR", "BIT", "TSVECTOR", "ranges", "multiranges"),
        targets=("types_postgres.py",),
        ok={
            "Host": "address_value network_value mac_value bits_value some_bits_value vector_value",
            "Span": "integers_value bigints_value numbers_value days_value times_value moments_value several_integers_value several_days_value several_moments_value",
        },
        wrong={"Span.wrong_open": "HH208"},
        examples=10,
    ),
    Entry(
        items=(
            "TypeDecorator",
            "decorators with .enum",
            "decorators with .choices",
            "decorators with enum_klass",
            "an enum over String",
            "pydantic models in JSONB",
            "every member of an enum",
        ),
        targets=("decorators.py",),
        ok={"Paint": "by_enum_value by_class_value size_value colour_value address_value street"},
        wrong={"Paint.wrong_street": "HH202", "Paint.wrong_blue": "HH208"},
        distinct={
            "Paint.by_enum_value": 3,
            "Paint.by_class_value": 3,
            "Paint.colour_value": 3,
            "Paint.size_value": 2,
        },
        examples=25,
    ),
    Entry(
        items=(
            "unknown type: NULL where allowed",
            "unknown type: untested, with the line",
            "register_strategy by type",
        ),
        targets=("unknown_types.py",),
        ok={"Left": "top", "Registered": "shape"},
        untested={
            "Needed.first": (
                "the type Point(), needed for needed.place",
                "harness.register_strategy(Point, st.sampled_from([...]))",
            )
        },
    ),
    Entry(
        items=("register_strategy by column", "hybrid_method: arguments by a registered strategy"),
        targets=("steered.py",),
        ok={"Player": "code_value number country_value above"},
        wrong={"Player.wrong_above": "HH298"},
        examples=10,
    ),
    Entry(
        items=("configure_mappers() that fails",),
        targets=("failing_mappers.py",),
        ok={"Sound": "top"},
        wrong={"Sound.wrong_top": "HH208"},
        untested={
            "Broken.odd": (
                "the mapper of Broken can't be configured",
                "'NoSuchClass' failed to locate a name",
            ),
            "Depending.unbroken": (
                "the mapper of Broken can't be configured",
                "'NoSuchClass' failed to locate a name",
            ),
        },
    ),
    Entry(
        items=("setup before import",),
        targets=("prepared.py",),
        ok={"Order": "large in_euro"},
        wrong={"Order.wrong_large": "HH298"},
        setup="prepare.py:application",
    ),
    Entry(
        items=(
            "equal enough: StrEnum and str",
            "equal enough: moments",
            "equal enough: NaN",
            "equal enough: Decimal scale",
            "None and False stay apart",
        ),
        targets=("equal_enough.py",),
        ok={"Parcel": "size ratio exact_price sent_at seen_at"},
        wrong={"Parcel.wrong_open": "HH243"},
        examples=10,
    ),
    Entry(
        items=("hybrid_property", "JSON"),
        targets=("constructs.py",),
        ok={"Answer": "by place late"},
        wrong={"Answer.wrong_text": "HH255", "Answer.wrong_names": "HH101"},
    ),
    Entry(
        items=("one root cause, one finding",),
        targets=("one_cause.py",),
        wrong={"Group.wrong_settings": "HH303", "Group.wrong_has_settings": "HH208"},
        shown_by={"Group.wrong_settings": "Group Role User", "Group.wrong_has_settings": "Group Role User"},
    ),
)
BY_NAME = {entry.name: entry for entry in ZOO}
NO_MODELS = {"prepare"}
"""Files beside the models that are no models: a setup."""


@pytest.fixture(scope="module", autouse=True)
def _own_settings():
    """No test sees what an earlier run found; how small a counterexample gets is for other tests, and takes most of the time."""
    before = settings.get_current_profile_name()
    settings.register_profile("zoo", settings(), database=None)
    settings.load_profile("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shrinking, "SHRINK_SECONDS", 0)
        yield
    settings.load_profile(before)


@pytest.fixture(scope="module")
def zoo_url(server):
    url = server.create_database()
    yield url.render_as_string(hide_password=False)
    server.drop_database(url)


@pytest.fixture(scope="module")
def tallies(tmp_path_factory):
    """A folder for accepted and rejected datasets by entry; all workers of pytest-xdist share it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "zoo"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def checked(zoo_url, tallies):
    """A function that runs the check of an entry; the names of its modules are free again afterwards."""
    path, modules = list(sys.path), set(sys.modules)

    def run(entry):
        setup = entry.setup and str(MODELS / entry.setup)
        options = Options(database=zoo_url, examples=entry.examples, scale=50, setup=setup)
        report = check([str(MODELS / target) for target in entry.targets], options)
        stats = [each.stats for each in report.hybrids]
        tally = [sum(each.examples for each in stats), sum(each.rejected for each in stats)]
        unfinished = tallies / f"{entry.name}.{os.getpid()}"
        unfinished.write_text(json.dumps(tally))
        unfinished.rename(tallies / f"{entry.name}.json")
        return report

    yield run
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(MODELS)):
            del sys.modules[name]


@pytest.mark.parametrize("name", BY_NAME)
def test_zoo(name, checked, server):
    entry = BY_NAME[name]
    if entry.lacks and server.provider != "embedded":
        pytest.skip("what a server lacks is known of the embedded one")
    report = checked(entry)
    found = {each.hybrid.name: each for each in report.hybrids}
    assert found.keys() == entry.hybrids
    for hybrid, each in found.items():
        rules = [finding.rule for finding in each.findings if finding.severity is not Severity.INFO]
        if hybrid in entry.untested:
            assert each.verdict is Verdict.UNTESTED
            assert [text for text in entry.untested[hybrid] if text not in each.reason] == [], each.reason
        elif hybrid in entry.wrong:
            assert each.verdict is Verdict.FINDINGS
            assert entry.wrong[hybrid] in rules, hybrid
        else:
            assert (each.verdict, rules, each.reason) == (Verdict.OK, [], None), hybrid
            assert each.stats.distinct_values >= entry.distinct.get(hybrid, 0), hybrid
    shown_by = {
        hybrid: " ".join(each.hybrid.shown_by)
        for hybrid, each in found.items()
        if len(each.hybrid.shown_by) > 1
    }
    assert shown_by == entry.shown_by
    assert len(report.notices) == len(entry.notices)
    for text, notice in zip(entry.notices, sorted(report.notices), strict=True):
        assert text in notice


def test_the_server_accepts_98_percent_of_the_datasets(checked, tallies):
    accepted, rejected = {}, {}
    for entry in ZOO:
        file = tallies / f"{entry.name}.json"
        if not file.exists():  # another worker of pytest-xdist has it, or this test runs alone
            with contextlib.suppress(FileNotFoundError):
                checked(entry)
        accepted[entry.name], rejected[entry.name] = json.loads(file.read_text())
    drawn = sum(accepted.values()) + sum(rejected.values())
    refused = {name: number for name, number in rejected.items() if number}
    share = sum(accepted.values()) / drawn
    print(f"the server accepts {share:.2%} of {drawn} datasets of {len(ZOO)} schemas; refused: {refused}")  # noqa: T201
    assert drawn > 10 * len(ZOO)
    assert share >= 0.98, refused


def test_every_item_of_the_issue_has_a_schema():
    asked = [item for items in ISSUE.values() for item in items]
    assert len(asked) == len(set(asked))
    assert {item for entry in ZOO for item in entry.items} == set(asked)


def test_every_schema_is_in_the_table():
    files = {file.stem for file in MODELS.glob("*.py")}
    assert files - NO_MODELS == BY_NAME.keys()
    assert len(BY_NAME) == len(ZOO)


def test_hybrids_say_by_their_names_what_is_expected():
    for entry in ZOO:
        for hybrid in entry.hybrids:
            wrong = hybrid.rpartition(".")[2].startswith("wrong_")
            assert wrong == (hybrid in entry.wrong) or hybrid == "Rectangle.wrong_meaning", hybrid
