"""Many writers on one SQLite file: they wait for each other, and nobody is turned away."""

import multiprocessing
import threading
import time
import uuid

import sqlalchemy as sa

from moderation.storage.engine import Database
from moderation.storage.tables import Comment, Event, Site
from tests.factories import make_comment, make_site

PROCESSES, THREADS, SECONDS = 3, 3, 10.0


def keep_writing(url, site_id, start, results):
    """Read, then write, as intake does, from several threads of one process, once all processes are there."""
    database = Database(url)
    start.wait(60)
    deadline = time.monotonic() + SECONDS
    done, errors, lock = 0, [], threading.Lock()

    def work():
        nonlocal done
        while time.monotonic() < deadline:
            try:
                with database.write() as session:
                    session.scalar(sa.select(sa.func.max(Comment.id)).where(Comment.site_id == site_id))
                    make_comment(session, session.get_one(Site, site_id), external_id=uuid.uuid4().hex)
            except Exception as error:
                with lock:
                    errors.append(repr(error))
                return
            with lock:
                done += 1

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.dispose()
    results.put((done, errors))


def test_ten_seconds_of_concurrent_writers_meet_no_locked_database(sqlite_database):
    with sqlite_database.write() as session:
        site = make_site(session)
    url = sqlite_database.url.render_as_string()
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(PROCESSES), spawn.Queue()
    processes = [spawn.Process(target=keep_writing, args=(url, site.id, start, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    outcomes = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()

    assert [errors for _, errors in outcomes] == [[]] * PROCESSES
    assert all(done > 20 for done, _ in outcomes)
    with sqlite_database.read() as session:
        stored = session.scalar(sa.select(sa.func.count()).select_from(Comment))
        events = session.scalar(sa.select(sa.func.count()).select_from(Event))
    assert stored == events == sum(done for done, _ in outcomes)
