"""The audit log: whatever is changed, removed or moved in it is found, and named."""

import threading
import uuid

import pytest
import sqlalchemy as sa

from moderation import audit as auditing
from moderation import erasure, policies, review
from moderation.audit import Expected
from moderation.domain.comment import Action, Author
from moderation.storage import audit, moderators, sites
from moderation.storage.tables import AuditEntry, AuditHead, Decision, Event, PolicyVersion
from tests.factories import NOW, make_comment, make_site, make_submission

ENTRIES = 12


@pytest.fixture
def chain(database, site):
    """A site's chain with twelve entries, the first of which says that the site was added."""
    with database.write() as session:
        for _ in range(ENTRIES - 1):
            make_comment(session, site)
    link(database)
    return entries(database, site)


def link(database):
    with database.write() as session:
        return audit.link(session)


def entries(database, site):
    with database.read() as session:
        return session.scalars(
            sa.select(AuditEntry).where(AuditEntry.chain_id == site.id).order_by(AuditEntry.number)
        ).all()


def found(database, site, **expected):
    """What verifying finds in the site's chain: code and number of each."""
    (chain,) = auditing.verify(database, site.slug, **expected)
    return [(finding.code, finding.number) for finding in chain.findings]


@pytest.fixture
def tamper(database):
    """Write past the service, as whoever owns the database can: the triggers that refuse are out of the way."""
    connection = database.writer.connect()
    transaction = connection.begin()
    if database.is_sqlite:
        for name in ("keep", "stay"):
            connection.execute(sa.text(f"DROP TRIGGER audit_log_{name}"))
    else:
        connection.execute(sa.text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
    transaction.commit()

    def _tamper(*statements):
        with connection.begin():
            for statement in statements:
                assert connection.execute(statement).rowcount

    yield _tamper
    if not database.is_sqlite:
        with connection.begin():
            connection.execute(sa.text("ALTER TABLE audit_log ENABLE TRIGGER USER"))
    connection.close()


def change(entry, **values):
    return sa.update(AuditEntry).where(AuditEntry.id == entry.id).values(**values)


def without_decision(entry):
    return sa.delete(Event).where(Event.decision_id == entry.id), sa.delete(Decision).where(Decision.id == entry.id)


def test_a_whole_chain_has_no_findings(database, site, chain):
    assert [entry.number for entry in chain] == list(range(1, ENTRIES + 1))
    assert found(database, site) == []


OTHER = {
    "id": uuid.UUID(int=7),
    "kind": "setting",
    "actor": "blog",
    "moderator_id": uuid.UUID(int=7),
    "content": {"what": "nothing"},
    "previous": b"1" * 32,
    "hash": b"1" * 32,
    "created_at": NOW.replace(year=2020),
}


def test_every_column_of_an_entry_is_covered():
    assert {*OTHER, "number", "chain_id"} == {column.name for column in AuditEntry.__table__.columns}


@pytest.mark.parametrize("place", [0, 5, ENTRIES - 1])
def test_a_changed_column_is_found_and_named(database, site, chain, tamper, place):
    entry = chain[place]
    for column, value in OTHER.items():
        was = getattr(entry, column)
        tamper(change(entry, **{column: value}))
        codes = found(database, site)
        tamper(sa.update(AuditEntry).where(AuditEntry.number == place + 1).values(**{column: was}))

        assert ("changed", place + 1) in codes, column
        # Nothing else is blamed, except the decision that the log knows no more once its entry has another id.
        others = {code for code in codes if code != ("changed", place + 1)}
        decision = {("decision_missing", place + 1), ("decision_changed", place + 1), ("decision_not_logged", None)}
        assert others <= decision, column
    assert found(database, site) == []


def test_an_entry_in_another_place_is_found(database, site, chain, tamper):
    tamper(change(chain[-1], number=99))

    assert ("changed", 99) in found(database, site)


def test_an_entry_of_another_chain_is_found_in_both(database, site, chain, tamper):
    with database.write() as session:
        other = make_site(session, slug="meadow")
    link(database)
    tamper(change(chain[4], chain_id=other.id))

    assert ("missing", 5) in found(database, site)
    assert ("changed", 5) in found(database, other)


@pytest.mark.parametrize("place", [0, 5, ENTRIES - 1])
def test_a_deleted_entry_is_missed(database, site, chain, tamper, place):
    tamper(sa.delete(AuditEntry).where(AuditEntry.id == chain[place].id))

    assert ("missing", place + 1) in found(database, site)


def test_several_deleted_entries_are_counted(database, site, chain, tamper):
    tamper(sa.delete(AuditEntry).where(AuditEntry.id.in_([entry.id for entry in chain[3:6]])))

    (result,) = auditing.verify(database, site.slug)
    assert result.findings[0].detail == "Entries 4 to 6 are missing before entry 7."


@pytest.mark.parametrize(("first", "second"), [(1, 2), (3, 11)])
def test_two_entries_that_changed_places_are_both_named_and_no_other(database, site, chain, tamper, first, second):
    one, two = chain[first], chain[second]
    tamper(change(one, number=999), change(two, number=one.number), change(one, number=two.number))

    assert [number for code, number in found(database, site) if code == "changed"] == [one.number, two.number]


def test_deleting_one_and_moving_up_the_rest_is_found(database, site, chain, tamper):
    tamper(
        sa.delete(AuditEntry).where(AuditEntry.id == chain[5].id),
        *(change(entry, number=entry.number - 1) for entry in chain[6:]),
    )

    assert ("changed", 6) in found(database, site)


def test_an_entry_that_was_forged_with_its_hash_does_not_fit_the_next(database, site, chain, tamper):
    forged = chain[5]
    forged.actor = "moderator"
    tamper(change(forged, actor="moderator", hash=audit.entry_hash(forged)))

    assert ("replaced", 7) in found(database, site)


def test_a_chain_cut_short_and_its_head_with_it_is_told_by_a_head_that_was_noted(database, site, chain, tamper):
    tamper(
        sa.delete(AuditEntry).where(AuditEntry.id == chain[-1].id),
        *without_decision(chain[-1]),
        sa.update(AuditHead).where(AuditHead.chain_id == site.id).values(number=ENTRIES - 1, hash=chain[-2].hash),
    )

    assert found(database, site) == []
    noted = Expected(site.slug, ENTRIES, chain[-1].hash.hex())
    assert found(database, site, expected=[noted]) == [("not_as_noted", ENTRIES)]


def test_a_head_that_was_noted_is_still_on_the_way_of_a_longer_chain(database, site, chain):
    with database.write() as session:
        make_comment(session, site)
    link(database)

    assert found(database, site, expected=[Expected(site.slug, ENTRIES, chain[-1].hash.hex())]) == []


def test_a_changed_head_is_found(database, site, chain, tamper):
    mine = sa.update(AuditHead).where(AuditHead.chain_id == site.id)
    for values in ({"number": ENTRIES - 1}, {"number": ENTRIES, "hash": b"2" * 32}):
        tamper(mine.values(**values))
        assert [code for code, _ in found(database, site)] == ["head_changed"]


def test_a_chain_that_is_gone_with_its_head_is_found(database, site, chain, tamper):
    tamper(
        sa.delete(AuditEntry).where(AuditEntry.chain_id == site.id),
        sa.delete(AuditHead).where(AuditHead.chain_id == site.id),
    )

    codes = [code for code, _ in found(database, site)]
    assert codes[0] == "head_missing"
    assert codes.count("decision_not_logged") == ENTRIES - 1


DECISION = {
    "action": Action.PUBLISH,
    "actor": "blog",
    "reason_code": "insult",
    "receipt": {"reasons": []},
    "revision": 2,
    "created_at": NOW.replace(year=2020),
}


def test_a_decision_that_is_not_as_it_was_logged_is_named(database, site, chain, tamper):
    mine = sa.update(Decision).where(Decision.id == chain[5].id)
    with database.read() as session:
        before = session.get_one(Decision, chain[5].id)
    for column, value in DECISION.items():
        tamper(mine.values(**{column: value}))
        assert found(database, site) == [("decision_changed", 6)], column
        tamper(mine.values(**{column: getattr(before, column)}))
    assert found(database, site) == []


def test_a_decision_that_is_gone_is_named(database, site, chain, tamper):
    tamper(*without_decision(chain[5]))

    assert found(database, site) == [("decision_missing", 6)]


def test_a_policy_that_is_not_as_it_was_logged_is_named(database, site, tamper):
    policies.change(database, site, {"max_links": 1})
    link(database)
    assert found(database, site) == []

    tamper(sa.update(PolicyVersion).where(PolicyVersion.site_id == site.id).values(document={"max_links": 50}))

    assert found(database, site) == [("policy_changed", 2)]


@pytest.mark.parametrize("statement", [sa.update(AuditEntry).values(kind="x"), sa.delete(AuditEntry)])
def test_the_database_itself_refuses_to_rewrite_the_log(database, chain, statement):
    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"), database.write() as session:
        session.execute(statement)


def test_people_rules_settings_keys_and_sign_ins_are_logged_with_who(database, site, comment, decide, moderator):
    decision = decide(comment)
    with database.write() as session:
        token = audit.acting.set(audit.Who("moderator", moderator.id))
        sites.set_webhook(session, site, "https://blog.example/hook?secret=kumquat", NOW)
        sites.add_key(session, site)
        moderators.change_role(session, site, moderator.id, moderators.Role.VIEWER)
        audit.acting.reset(token)
        moderators.open_session(session, moderator, NOW)
        moderators.note_refusal(session, moderator, "password", NOW)
    link(database)

    with database.read() as session:
        logged = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    by_person = [entry for entry in logged if entry.moderator_id == moderator.id]
    assert [entry.kind for entry in by_person] == ["decision", "setting", "key", "role", "sign_in", "sign_in"]
    assert by_person[0].id == decision.id
    assert [entry.content["what"] for entry in by_person[-2:]] == ["in", "refused_password"]
    assert "kumquat" not in str([entry.content for entry in logged])
    assert found(database, site) == []


def test_the_chain_still_verifies_after_an_erasure_and_knows_of_it(database, site, submit, decide):
    sent = make_submission(text="You are bad, kumquat.", author=Author(id="u", email="kumquat@example.org"))
    submit(sent)
    review.decide_at_blog(database, site, sent.id, action=Action.REJECT, note="of kumquat", now=NOW)
    link(database)
    erasure.erase(database, site, sent.id, now=NOW)
    link(database)

    assert found(database, site) == []
    assert entries(database, site)[-1].content["action"] == "erase"


def test_what_is_not_committed_is_in_no_log(database, site, chain):
    def fail():
        with database.write() as session:
            make_comment(session, site)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert link(database) == 0
    assert found(database, site) == []


def test_workers_that_link_at_once_make_one_chain(database, site):
    """Comments arrive in several sites while three workers link: no place is given twice, none is left out."""
    with database.write() as session:
        others = [make_site(session, slug=f"site-{number}") for number in range(2)]
    stop, failures = threading.Event(), []

    def work(step):
        try:
            while not stop.is_set():
                step()
        except Exception as error:
            failures.append(error)

    def write():
        with database.write() as session:
            for where in (site, *others):
                make_comment(session, where)

    linkers = [threading.Thread(target=work, args=(lambda: link(database),)) for _ in range(3)]
    for thread in linkers:
        thread.start()
    writers = [threading.Thread(target=lambda: [write() for _ in range(5)]) for _ in range(3)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in linkers:
        thread.join()
    while link(database):
        pass

    assert failures == []
    for where in (site, *others):
        assert [entry.number for entry in entries(database, where)] == list(range(1, 1 + 1 + 15))
        assert found(database, where) == []
