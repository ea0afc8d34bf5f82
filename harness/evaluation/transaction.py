"""The transaction that holds the rows: its begin, its savepoint and its end, sent past the driver's cursors.

What a cursor sends the driver looks at, and after a ROLLBACK it forgets all statements that it prepared (a prepared statement
is the session's, not the transaction's). Past the cursors they stay, and PostgreSQL plans a hybrid's select once, not once for
each dataset.
"""

import psycopg
from psycopg import errors, generators
from psycopg.pq import ExecStatus, TransactionStatus
from sqlalchemy import Connection

from harness.evaluation.containment import ServerLost

LOADED = "loaded"
"""The savepoint after the rows are in; a failed statement rolls back to it."""
RELEASE = "SELECT pg_catalog.pg_advisory_unlock_all()"
"""Locks of the session outlive a rollback."""
BEYOND_REPAIR = frozenset({TransactionStatus.ACTIVE, TransactionStatus.UNKNOWN})


def driver_of(connection: Connection) -> psycopg.Connection:
    """The driver's connection behind SQLAlchemy's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def send(connection: Connection, script: str) -> None:
    """Send statements, their values written out, as one message; the first one begins the transaction if there is none.

    Raises psycopg.Error for the statement that the server refuses, UnicodeEncodeError for text that the connection's encoding
    lacks; statements after that are not run.
    """
    driver = driver_of(connection)
    begin = "BEGIN; " if driver.info.transaction_status == TransactionStatus.IDLE else ""
    driver.pgconn.send_query((begin + script).encode(driver.info.encoding))
    for result in driver.wait(generators.execute(driver.pgconn)):
        if result.status == ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result, driver.info.encoding)


def back_to_loaded(connection: Connection) -> None:
    """Undo what a failed evaluation left in the transaction; the loaded rows stay.

    Raises ServerLost where the connection is of no more use: closed, or in the middle of a statement that was abandoned.
    """
    if not alive(connection):
        raise ServerLost("the connection was closed")
    if not connection.in_transaction():
        raise ServerLost("the transaction with the rows was ended")
    if driver_of(connection).info.transaction_status in BEYOND_REPAIR:
        raise ServerLost("the connection was left in the middle of a statement")
    try:
        send(connection, f"ROLLBACK TO SAVEPOINT {LOADED}; {RELEASE}")
    except psycopg.Error as error:
        raise ServerLost(str(error)) from error


def roll_back(connection: Connection) -> None:
    """End the transaction. Raises psycopg.Error or SQLAlchemy's for it where that can't be said to the server any more."""
    if not alive(connection):
        return
    if driver_of(connection).info.transaction_status not in {TransactionStatus.IDLE, *BEYOND_REPAIR}:
        send(connection, f"ROLLBACK; {RELEASE}")
    connection.rollback()


def alive(connection: Connection) -> bool:
    """Whether the driver's connection is open, as far as the client knows."""
    driver = None if connection.closed or connection.invalidated else connection.connection.driver_connection
    return isinstance(driver, psycopg.Connection) and not driver.closed
