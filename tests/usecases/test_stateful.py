"""Comments, decisions, claims, batches, undoing, delivery and erasure in any order, against a model of a few lines."""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import hypothesis.strategies as st
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from moderation import batches, claims, erasure, intake, review
from moderation.deciding import Choice
from moderation.domain.comment import RESULT, Action, Actor, State, Submission
from moderation.domain.errors import AlreadyDecided, Claimed, IllegalTransition
from moderation.recording import UNDO_WINDOW
from moderation.scoring import Scorer
from moderation.storage import outbox
from moderation.storage.tables import Comment, Decision, Event, EventState
from tests.factories import NOW, FakeReader, make_moderator, make_site

EXAMPLES, STEPS = 12, 30
DECISIONS = st.sampled_from([Action.PUBLISH, Action.REJECT, Action.SPAM, Action.HOLD])
RETRY = timedelta(seconds=5)

_numbers = itertools.count(1)


@dataclass
class Told:
    """An event: when it is due, and whether it was tried or has arrived."""

    due: datetime
    tried: bool = False
    arrived: bool = False


@dataclass
class Made:
    """A decision: who made it, what was before, and whether it undoes another or was undone."""

    actor: Actor
    before: State | None
    id: uuid.UUID | None = None
    undoes: int | None = None
    undone: bool = False


@dataclass
class Model:
    text: str | None
    state: State
    made: list[Made] = field(default_factory=list)
    told: dict[int, Told] = field(default_factory=dict)  # by version
    claimed_by: int | None = None
    claimed_until: datetime = NOW

    @property
    def version(self) -> int:
        return len(self.made)

    def stands_by_person(self, below: int) -> bool:
        return any(m.actor is not Actor.MACHINE and m.undoes is None and not m.undone for m in self.made[: below - 1])


class Service(RuleBasedStateMachine):
    comments = Bundle("comments")
    decided = Bundle("decided")

    def __init__(self, database, scorer):
        super().__init__()
        self.database, self.scorer, self.now = database, scorer, NOW
        self.model: dict[str, Model] = {}
        number = next(_numbers)
        with database.write() as session:
            self.site = make_site(session, slug=f"site{number}", webhook_url="https://blog.example/hook")
            self.people = [make_moderator(session, self.site, email=f"{who}{number}@example.org") for who in "ab"]

    def teardown(self):
        with self.database.write() as session:  # the next one's worker shall not find them
            session.execute(sa.update(Event).values(state=EventState.DELIVERED))

    # What people and machines do

    @rule(seconds=st.sampled_from([1, 7, 400]))
    def wait(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(target=comments, bad=st.booleans())
    def send(self, bad):
        name, text = f"c{next(_numbers)}", self._text(bad)
        self._submit(name, text)
        self.model[name] = Model(text, State.HELD if bad else State.PUBLISHED)
        self._add(self.model[name], Actor.MACHINE, None)
        return name

    @rule(name=comments)
    def send_again(self, name):
        model = self.model[name]
        [result] = self._submit(name, model.text or "What was erased, once more.")
        assert (result["state"], result["version"]) == (model.state, model.version)

    @rule(name=comments, bad=st.booleans())
    def edit(self, name, bad):
        model, text = self.model[name], self._text(bad)
        is_persons = self._is_persons(model)
        self._submit(name, text)
        if model.state is not State.ERASED:
            model.text = text
            self._add(model, Actor.MACHINE, State.HELD if bad or is_persons else State.PUBLISHED)

    @rule(name=comments, who=st.integers(0, 1))
    def open_card(self, name, who):
        model = self.model[name]
        try:
            claims.take(self.database, moderator=self.people[who], **self._at(name))
        except Claimed:
            assert self._is_anothers(model, who)
            return
        assert not self._is_anothers(model, who)
        model.claimed_by, model.claimed_until = who, self.now + claims.CLAIM

    @rule(target=decided, name=comments, who=st.integers(0, 1), action=DECISIONS, late=st.booleans())
    def decide(self, name, who, action, late):
        model = self.model[name]
        seen = model.version - late
        try:
            decision = review.decide(
                self.database,
                moderator=self.people[who],
                seen_version=seen,
                action=action,
                note="So.",
                **self._at(name),
            )
        except AlreadyDecided:
            assert late
        except IllegalTransition:
            assert model.state is State.ERASED
        except Claimed:
            assert self._is_anothers(model, who)
        else:
            assert not late
            assert not self._is_anothers(model, who)
            self._add(model, Actor.MODERATOR, RESULT[action], id=decision.id, after=UNDO_WINDOW)
            return name, model.version
        return name, None

    @rule(what=consumes(decided), who=st.integers(0, 1))
    def undo(self, what, who):
        name, version = what
        if version is None:
            return
        model = self.model[name]
        made = model.made[version - 1]
        try:
            undone = review.undo(
                self.database, moderator=self.people[who], site_ids=[self.site.id], decision_id=made.id, now=self.now
            )
        except AlreadyDecided:
            assert model.version != version
        except Claimed:
            assert self._is_anothers(model, who)
        else:
            assert model.version == version
            made.undone = True
            told = model.told[version]
            unheard = told.due > self.now and not told.tried
            if unheard:
                del model.told[version]
            self._add(model, Actor.MODERATOR, made.before, id=undone.id, undoes=version, told=not unheard)

    @rule(name=comments, action=DECISIONS.filter(lambda action: action is not Action.HOLD))
    def decide_at_blog(self, name, action):
        model = self.model[name]
        with self.database.read() as session:
            latest = session.scalars(self._decisions(name).order_by(Decision.version.desc())).first()
        same = latest.actor is Actor.BLOG and latest.action is action
        try:
            review.decide_at_blog(self.database, self.site, name, action=action, note="", now=self.now)
        except IllegalTransition:
            assert model.state is State.ERASED
            return
        if not same:
            self._add(model, Actor.BLOG, RESULT[action])

    @rule(who=st.integers(0, 1), action=DECISIONS, takes_back=st.booleans())
    def decide_many(self, who, action, takes_back):
        names = [name for name, model in self.model.items() if model.state is State.HELD][:5]
        if not names:
            return
        chosen = [(self._id(name), self.model[name].version) for name in names]
        batch = batches.decide(
            self.database,
            moderator=self.people[who],
            site=self.site,
            chosen=chosen,
            choice=Choice(action, note="So."),
            query={},
            now=self.now,
        )
        free = [name for name in names if not self._is_anothers(self.model[name], who)]
        assert (batch.done, batch.skipped) == (len(free), len(names) - len(free))
        for name in free:
            self._add(self.model[name], Actor.MODERATOR, RESULT[action], after=UNDO_WINDOW)
        if takes_back:
            batches.undo(
                self.database, moderator=self.people[who], site_ids=[self.site.id], batch_id=batch.id, now=self.now
            )
            batches.carry_on(self.database, batch.id, clock=lambda: self.now)
            for name in free:
                model = self.model[name]
                model.made[-1].undone = True
                del model.told[model.version]  # within the window: the blog never hears of either
                self._add(model, Actor.MODERATOR, State.HELD, undoes=model.version, told=False)

    @rule(name=comments)
    def erase(self, name):
        model = self.model[name]
        erasure.erase(self.database, self.site, name, now=self.now)
        if model.state is not State.ERASED:
            model.text = None
            self._add(model, Actor.BLOG, State.ERASED)

    @rule(arrives=st.booleans())
    def deliver(self, arrives):
        with self.database.write() as session:
            leases = outbox.claim(session, limit=1_000, lease=timedelta(seconds=60), now=self.now)
        due = {(n, v) for n, m in self.model.items() for v, t in m.told.items() if not t.arrived and t.due <= self.now}
        assert {self._what(lease.payload) for lease in leases} == due
        for lease in leases:
            name, version = self._what(lease.payload)
            told = self.model[name].told[version]
            with self.database.write() as session:
                if arrives:
                    assert outbox.close(session, lease, EventState.DELIVERED)
                else:
                    assert outbox.retry(session, lease, due_at=self.now + RETRY, error="no")
            told.tried, told.arrived, told.due = True, arrives, self.now + RETRY

    # What is always true

    @invariant()
    def the_database_says_what_the_model_says(self):
        with self.database.read() as session:
            rows = session.scalars(sa.select(Comment).where(Comment.site_id == self.site.id)).all()
            decisions = session.execute(
                sa.select(Comment.external_id, Decision.version)
                .join(Decision, Decision.comment_id == Comment.id)
                .where(Comment.site_id == self.site.id)
            ).all()
            events = session.scalars(sa.select(Event).where(Event.site_id == self.site.id)).all()
        assert {row.external_id: (row.state, row.version, row.text) for row in rows} == {
            name: (model.state, model.version, model.text) for name, model in self.model.items()
        }
        assert sorted(decisions) == sorted((n, v + 1) for n, m in self.model.items() for v in range(m.version))
        assert sorted((*self._what(event.payload), event.state is EventState.DELIVERED) for event in events) == sorted(
            (name, version, told.arrived) for name, model in self.model.items() for version, told in model.told.items()
        )

    # Helpers

    def _text(self, bad):
        return f"{'Something bad' if bad else 'A lovely garden'}, number {next(_numbers)}."

    def _submit(self, name, text):
        return intake.submit(
            self.database, self.scorer, self.site, [Submission(id=name, text=text)], now=self.now
        ).results

    def _add(self, model, actor, state, *, id=None, undoes=None, told=True, after=timedelta(0)):
        before = model.state if model.made else None
        model.made.append(Made(actor, before, id, undoes))
        model.state = state or model.state
        model.claimed_by = None
        if told:
            model.told[model.version] = Told(self.now + after)

    def _is_persons(self, model):
        """Whether a person's decision stands; after an undo, one of before what was undone."""
        last_person = next((m for m in reversed(model.made) if m.actor is not Actor.MACHINE), None)
        if last_person is None:
            return False
        return last_person.undoes is None or model.stands_by_person(last_person.undoes)

    def _is_anothers(self, model, who):
        return model.claimed_by not in (None, who) and model.claimed_until > self.now

    def _at(self, name):
        return {"site_ids": [self.site.id], "comment_id": self._id(name), "now": self.now}

    def _id(self, name):
        with self.database.read() as session:
            return session.scalar(
                sa.select(Comment.id).where(Comment.site_id == self.site.id, Comment.external_id == name)
            )

    def _decisions(self, name):
        return sa.select(Decision).where(Decision.comment_id == self._id(name))

    @staticmethod
    def _what(payload):
        return payload["data"]["comment_id"], payload["data"]["version"]


def test_whatever_people_do_in_whatever_order_the_model_and_the_database_agree(database):
    scorer = Scorer(FakeReader(), deadline_s=20)
    try:
        run_state_machine_as_test(
            lambda: Service(database, scorer),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        scorer.close()
