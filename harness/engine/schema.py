"""The schema of models on the server: all of it that the server takes, each table by itself, and why the rest can't be had."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, ForeignKeyConstraint, Index, MetaData, Table, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema
from sqlalchemy.sql.ddl import SchemaGenerator

from harness.engine.extensions import FUNCTIONS, NOT_IN_DOCKER, extension_for
from harness.engine.permission import Others, Permission, guarded

MOST_EXTENSIONS = 5
"""Extensions that one table may need."""
STANDS_IN = "CREATE FUNCTION {name}() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()'"
STAND_INS = frozenset({"uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v4"})
"""Functions of uuid-ossp that PostgreSQL's own gen_random_uuid() stands in for: nobody can tell the values apart."""
COLLATION = re.compile(r'collation "([^"]+)" for encoding "\w+" does not exist')
VIEWS = """
    SELECT DISTINCT vn.nspname, v.relname, v.relkind, tn.nspname, t.relname
    FROM pg_class v
    JOIN pg_namespace vn ON vn.oid = v.relnamespace
    JOIN pg_rewrite r ON r.ev_class = v.oid
    JOIN pg_depend d ON d.objid = r.oid AND d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
    JOIN pg_class t ON t.oid = d.refobjid AND t.oid <> v.oid
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE v.relkind IN ('v', 'm') AND vn.nspname NOT IN ('pg_catalog', 'information_schema')
"""
A_ROLE_THAT_MAY = "Give the URL of a role that may create databases."
EVERYTHING = Permission()
Name = tuple[str, str]
Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Schema:
    """``problems``: why a table is not there, and what to do. ``views``: what those that are views read. ``notices``: what was left out."""

    problems: Mapping[Table, Problem]
    views: Mapping[Table, frozenset[Table]]
    notices: tuple[str, ...]


def create_schema(
    connection: Connection, metadatas: Iterable[MetaData], permission: Permission = EVERYTHING
) -> Schema:
    """Create everything that ``metadatas`` describe, as ``create_all()`` does, and go on where something can't be."""
    problems: dict[Table, Problem] = {}
    notices: list[str] = []
    ordered = sorted(metadatas, key=lambda each: (-len(each.tables), *sorted(each.tables)))
    for metadata in ordered:
        creator = _Creator(connection.dialect, connection, metadata, permission)
        with guarded(connection, permission):
            creator.create()
        problems |= creator.problems
        notices += creator.notices
    tables = [table for metadata in ordered for table in metadata.tables.values()]
    return Schema(problems, _views(connection, tables), tuple(notices))


class _Creator(SchemaGenerator):
    """SQLAlchemy's own generator, with a savepoint around each table, index, constraint and listener."""

    def __init__(
        self, dialect: Any, connection: Connection, metadata: MetaData, permission: Permission
    ) -> None:
        elsewhere = {
            table: schema
            for table in metadata.tables.values()
            if permission.confined and (schema := next(_schemas([table]), None)) is not None
        }
        tables = [table for table in metadata.tables.values() if table not in elsewhere]
        super().__init__(dialect, connection, checkfirst=True, tables=tables)  # type: ignore[no-untyped-call]
        self.metadata = metadata
        self.permission = permission
        self.connection: Connection = connection
        self._others = Others(connection, permission)
        self.memo: dict[Any, set[Any]]
        self.problems: dict[Table, Problem] = {
            table: (f"{table.fullname} needs the schema {schema}, which may be somebody's.", A_ROLE_THAT_MAY)
            for table, schema in elsewhere.items()
        }
        self.notices: list[str] = []
        self._created: list[Table] = []

    def create(self) -> None:
        """Schemas first, foreign keys last, so that no order of the tables is needed."""
        if not self.permission.confined:
            sequences = self.metadata._sequences.values()  # noqa: SLF001 - has no public reader
            for name in sorted(set(_schemas([*self.metadata.tables.values(), *sequences]))):
                self._attempt(lambda: self.connection.execute(CreateSchema(name, if_not_exists=True)))  # noqa: B023
        self.traverse_single(self.metadata)
        for table in self._created:
            for constraint in table.foreign_key_constraints:
                if constraint.referred_table not in self.problems:
                    self._add(constraint)

    def visit_table(self, table: Table, **options: Any) -> None:  # type: ignore[override]
        options["include_foreign_key_constraints"] = ()
        complaint = self._attempt(lambda: super(_Creator, self).visit_table(table, **options))  # type: ignore[no-untyped-call]
        if complaint is None:
            self._created.append(table)
        else:
            said = f"{table.fullname} can't be created: {complaint}."
            self.problems[table] = (said, _advice(complaint, self.permission))

    def visit_foreign_key_constraint(self, constraint: ForeignKeyConstraint) -> None:
        """Nothing yet: ``create`` adds all foreign keys at the end."""

    def visit_index(self, index: Index, **options: Any) -> None:  # type: ignore[override]
        """All of its table with the first, by name: theirs is a set, and of two that serve alike the planner goes by age."""
        table = index.table
        assert table is not None
        if index is next(iter(table.indexes)):
            for each in sorted(table.indexes, key=lambda each: str(each.name)):
                self._create_index(each, options)

    def _create_index(self, index: Index, options: Mapping[str, Any]) -> None:
        complaint = self._attempt(lambda: super(_Creator, self).visit_index(index, **options))  # type: ignore[no-untyped-call]
        if complaint is not None:
            self.notices.append(f"The index {index.name} is left out: {complaint}.")

    @contextmanager
    def with_ddl_events(self, target: Any, **options: Any) -> Iterator[None]:
        """What listens to a whole metadata may fail, each listener for itself."""
        if not isinstance(target, MetaData):
            with super().with_ddl_events(target, **options):
                yield
            return
        self._tell(target, target.dispatch.before_create, options)
        yield
        self._tell(target, target.dispatch.after_create, options)

    def _tell(self, metadata: MetaData, listeners: Any, options: Mapping[str, Any]) -> None:
        for listener in listeners:
            complaint = self._attempt(
                lambda: listener(metadata, self.connection, _ddl_runner=self, **options)  # noqa: B023
            )
            if complaint is not None:
                self.notices.append(f"What listens to the creation of all tables fails: {complaint}.")

    def _add(self, constraint: ForeignKeyConstraint) -> None:
        rule = constraint._create_rule  # noqa: SLF001 - AddConstraint takes the constraint out of CREATE TABLE for good
        complaint = self._attempt(
            lambda: super(_Creator, self).visit_foreign_key_constraint(constraint)  # type: ignore[no-untyped-call]
        )
        constraint._create_rule = rule  # noqa: SLF001
        if complaint is not None:
            self.notices.append(
                f"The foreign key of {constraint.table.fullname} to {constraint.referred_table.fullname} is left out: "
                f"{complaint}."
            )

    def _attempt(self, create: Callable[[], object]) -> str | None:
        """Create in a savepoint, with the extensions that the server asks for; its complaint where that can't be."""
        complaint = ""
        for _ in range(MOST_EXTENSIONS):
            memo = {kind: set(names) for kind, names in self.memo.items()}
            try:
                with self.connection.begin_nested():
                    create()
                    self._others.refuse_changes()
            except Exception as error:  # noqa: BLE001 - listeners are the user's code
                self.memo = memo
                complaint = str(getattr(error, "orig", error)).strip().partition("\n")[0]
            else:
                return None
            if not self._provided(complaint):
                break
        return complaint

    def _provided(self, complaint: str) -> bool:
        """Whether the server has what it complains about after all."""
        if match := COLLATION.search(complaint):
            return self._stood_in_for_collation(match[1])
        name = extension_for(complaint)
        if name is None:
            return False
        if add_extension(self.connection, name, self.permission):
            self._others.accept_changes()
            return True
        function = next((each for each in STAND_INS if f"function {each}()" in complaint), None)
        if function is None:
            return False
        self.connection.execute(text(STANDS_IN.format(name=function)))
        self.notices.append(f"The server has no {name}: {function}() is made of gen_random_uuid().")
        return True

    def _stood_in_for_collation(self, name: str) -> bool:
        """The tables can be had without the order of a language, which a server without ICU doesn't know."""
        quoted = self.connection.dialect.identifier_preparer.quote_identifier(name)
        self.connection.execute(text(f'CREATE COLLATION {quoted} FROM "C"'))
        self.notices.append(
            f'The server has no collation {name}: "C" stands in for it, so what this one\'s order of text does is not seen. '
            "Take a server that has it: `--database URL`, or `--database docker`."
        )
        return True


def add_extension(connection: Connection, name: str, permission: Permission) -> bool:
    """Whether the server has the extension; created where it isn't there yet, and may be."""
    if not permission.creates_extensions:
        return False
    try:
        with connection.begin_nested():
            connection.execute(text(f'CREATE EXTENSION IF NOT EXISTS "{name}" CASCADE'))
    except SQLAlchemyError:  # not offered, or not allowed
        return False
    return True


def provide_function(connection: Connection, name: str, permission: Permission) -> bool:
    """Whether the server has the function, by itself or by its extension."""
    there = connection.execute(
        text("SELECT 1 FROM pg_proc WHERE proname = :name AND pg_function_is_visible(oid) LIMIT 1"),
        {"name": name},
    ).first()
    return there is not None or add_extension(connection, FUNCTIONS[name], permission)


def missing_extension(name: str, permission: Permission) -> str:
    """What to do about an extension that the server lacks."""
    if permission.confined:
        asked = "" if permission.extensions else ", or --create-extensions if the database may have it"
        advice = f"{A_ROLE_THAT_MAY.removesuffix('.')}{asked}."
        return f"The extension {name} is not seen from a schema of the harness's own. {advice}"
    docker = "" if name in NOT_IN_DOCKER else ", or `--database docker`, whose image has it"
    return f"Take a server that has the extension {name}: `--database URL`{docker}."


def _advice(complaint: str, permission: Permission) -> str:
    name = extension_for(complaint)
    if name is not None:
        return missing_extension(name, permission)
    if "does not exist" in complaint:
        return "Create it when the tables are created: `event.listen(metadata, 'before_create', DDL(...))`."
    return "`metadata.create_all()` on an empty database of this server fails alike."


def _schemas(named: Iterable[Any]) -> Iterator[str]:
    """Every schema that one of ``named`` is in, or the type of a column or the sequence behind it."""
    for each in named:
        columns = each.columns if isinstance(each, Table) else ()
        parts = [each, *(part for column in columns for part in (column.type, column.default))]
        yield from (part.schema for part in parts if getattr(part, "schema", None))


def _views(connection: Connection, tables: Sequence[Table]) -> dict[Table, frozenset[Table]]:
    """The tables that are views, each with the tables behind it, through views of views."""
    default = connection.dialect.default_schema_name or "public"
    by_name = {(table.schema or default, table.name): table for table in tables}
    behind: dict[Name, set[Name]] = {}
    for schema, view, _kind, source_schema, source in connection.execute(text(VIEWS)):
        behind.setdefault((schema, view), set()).add((source_schema, source))
    return {
        by_name[view]: frozenset(by_name[name] for name in _leaves(view, behind) if name in by_name)
        for view in behind
        if view in by_name
    }


def _leaves(name: Name, behind: Mapping[Name, Iterable[Name]]) -> Iterator[Name]:
    for source in behind.get(name, ()):
        if source in behind:
            yield from _leaves(source, behind)
        else:
            yield source
