"""The way to the database: read and write transactions, on SQLite and PostgreSQL alike."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
import sqlalchemy.orm as so

from moderation import metrics

try:
    from pysqlite3 import dbapi2 as _sqlite_module
except ImportError:  # no wheel for this platform: the interpreter's own, with the slower journal if it is old
    _sqlite_module = sqlite3  # type: ignore[assignment,unused-ignore]

sqlite_module: ModuleType = _sqlite_module

BUSY_TIMEOUT_MS = 10_000
_COMMITTED = "once committed"


def sqlite_is_fixed(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug, which can lose committed rows (3.7.0 to 3.51.2)."""
    backports = {(3, 44): 6, (3, 50): 7}
    patch = backports.get(version[:2])
    return version >= (3, 51, 3) or (patch is not None and version[2] >= patch)


class Database:
    """Opens transactions. `read()` never waits for a writer; `write()` commits when its block ends well.

    On SQLite there is one writer at a time: a lock in the process, and BEGIN IMMEDIATE between processes,
    because a lock that is taken late cannot be waited for. Nothing slow belongs into a write block.
    """

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_lock = threading.Lock() if self.is_sqlite else None
        if self.is_sqlite:
            if self.url.database:
                Path(self.url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.writer = _sqlite_engine(self.url, begin="BEGIN IMMEDIATE")
            self.reader = _sqlite_engine(self.url, begin="BEGIN", query_only=True)
        else:
            # The connection that was used last is the next: the one that knows the statements of our pages already.
            self.writer = sa.create_engine(
                self.url, pool_size=20, pool_pre_ping=True, pool_use_lifo=True, hide_parameters=True
            )
            _alone(self.writer)
            _count_errors(self.writer)  # and of `reader`, which is the same engine with an option
            self.reader = self.writer.execution_options(postgresql_readonly=True)
        self._write_session = so.sessionmaker(self.writer, expire_on_commit=False)
        self._read_session = so.sessionmaker(self.reader, expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[so.Session]:
        with self._read_session() as session:
            yield session
            if not self.is_sqlite and session.is_active and session.in_transaction():
                _end_reading(session.connection())

    @contextmanager
    def write(self) -> Iterator[so.Session]:
        with self._turn(), self._write_session.begin() as session:
            yield session
        for call in session.info.pop(_COMMITTED, ()):
            call()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the process's other writers, no longer than SQLite itself would wait for other processes.

        Raises:
            TimeoutError: SQLAlchemy's; the file is locked, or the disk is, and those before us wait for it.
        """
        if self._write_lock is None:
            yield
            return
        if not self._write_lock.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise sa.exc.TimeoutError("another writer has the database")
        try:
            yield
        finally:
            self._write_lock.release()

    def vacuum(self) -> None:
        """Write the database anew, so that no byte is left of what was deleted.

        Raises:
            TimeoutError: somebody reads or writes all the time, so that bytes are left.
        """
        with self._turn():
            connection = self.writer.raw_connection()
            try:
                if self.is_sqlite:
                    connection.execute("VACUUM")
                    busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    if busy:
                        raise TimeoutError("the write-ahead log is in use")
                else:
                    connection.rollback()
                    connection.driver_connection.autocommit = True  # type: ignore[union-attr]
                    connection.driver_connection.execute("VACUUM")  # type: ignore[union-attr]
                    connection.driver_connection.autocommit = False  # type: ignore[union-attr]
            except sqlite_module.OperationalError as error:
                raise TimeoutError(str(error)) from error
            finally:
                connection.close()

    def dispose(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def _alone(engine: sa.Engine) -> None:
    """Let PostgreSQL answer with one process and no compiler: to start these takes longer than our short questions."""

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, record: object) -> None:
        # As statements: poolers like PgBouncer refuse them among the options of a connection.
        connection.execute("SET max_parallel_workers_per_gather = 0")
        connection.execute("SET jit = off")
        connection.commit()


def _end_reading(connection: sa.Connection) -> None:
    """End the driver's transaction before SQLAlchemy does: with a ROLLBACK, psycopg forgets the statements that
    PostgreSQL has read and analysed. Nothing was written, so that nothing is lost if the connection is gone.
    """
    driver: Any = connection.connection.driver_connection
    with suppress(connection.dialect.loaded_dbapi.Error):
        driver.commit()


def once_committed(session: so.Session, call: Callable[[], None]) -> None:
    """Have *call* made when the transaction of `Database.write` is on disk, and never if it is not."""
    session.info.setdefault(_COMMITTED, []).append(call)


def _count_errors(engine: sa.Engine) -> None:
    @sa.event.listens_for(engine, "handle_error")
    def _count(context: sa.engine.ExceptionContext) -> None:
        metrics.count_database_error(type(context.sqlalchemy_exception or context.original_exception).__name__)


def _sqlite_engine(url: sa.URL, *, begin: str, query_only: bool = False) -> sa.Engine:
    engine = sa.create_engine(url, module=sqlite_module, pool_size=20, hide_parameters=True)
    _count_errors(engine)
    wal = sqlite_is_fixed(sqlite_module.sqlite_version_info)

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, record: object) -> None:
        connection.isolation_level = None  # the driver's own BEGINs come at the wrong moments
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL" if wal else "PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
