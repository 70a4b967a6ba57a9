"""Sites, keys and people from the command line."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa

from moderation import second_factor
from moderation.passwords import password_fits
from moderation.storage import coral, moderators, sites
from moderation.storage.engine import Database
from moderation.storage.tables import Event, EventState, Role
from moderation.storage.types import utc_now
from tests.factories import make_comment


@pytest.fixture
def rows(environment):
    database = Database(f"sqlite:///{environment['MODERATION_HOME']}/moderation.db")
    yield database
    database.dispose()


def value(output, label):
    return next(line.split(":", 1)[1].strip() for line in output.splitlines() if line.startswith(label))


def test_first_site_makes_the_database_and_prints_key_and_secret(run, rows):
    output = run("site", "add", "garden", "--name", "My garden")

    with rows.read() as session:
        site = sites.site_by_key(session, value(output, "API key"), utc_now())
    assert (site.slug, site.name) == ("garden", "My garden")
    assert value(output, "Webhook secret").startswith("whsec_")
    assert value(output, "Webhook secret").encode() not in site.webhook_secret
    assert run("site", "show-secret", "garden").strip() == value(output, "Webhook secret")


@pytest.mark.parametrize("slug", ["Garden", "-a", "a b", "", "x" * 64, "ü"])
def test_short_name_is_plain(run, slug):
    assert "short name" in run("site", "add", "--", slug, fails=True)


def test_site_is_added_once(run):
    run("site", "add", "garden")

    assert "already" in run("site", "add", "garden", fails=True)


def test_sites_are_listed(run):
    assert "moderation site add" in run("site", "list")
    run("site", "add", "garden", "--webhook-url", "https://blog.example/hook")

    [site] = json.loads(run("site", "list", "--json"))
    assert (site["slug"], site["webhook_url"]) == ("garden", "https://blog.example/hook")


def test_rotated_key_works_beside_the_old_one_for_the_overlap(run, rows):
    old = value(run("site", "add", "garden"), "API key")
    new = value(run("site", "rotate-key", "garden"), "API key")
    with rows.read() as session:
        assert sites.site_by_key(session, old, utc_now()).slug == "garden"

    newest = value(run("site", "rotate-key", "garden", "--overlap-hours", "0"), "API key")
    with rows.read() as session:
        assert sites.site_by_key(session, new, utc_now()) is None
        assert sites.site_by_key(session, newest, utc_now()).slug == "garden"


def test_another_key_can_be_for_scoring_alone(run, rows):
    run("site", "add", "garden")
    key = value(run("site", "add-key", "garden", "--name", "client", "--scores-only"), "API key")

    with rows.read() as session:
        found = sites.find_key(session, key, utc_now())
    assert (found.name, found.scores_only, found.expires_at) == ("client", True, None)


def test_moderator_gets_a_password_and_all_sites(run, rows):
    run("site", "add", "garden")
    password = value(run("moderator", "add", "Ann@Example.org"), "Password")

    with rows.read() as session:
        person = moderators.moderator_by_email(session, "ann@example.org")
        assert password_fits(person.password_hash, password)
        assert not password_fits(person.password_hash, password + "x")
        assert len(moderators.roles(session, person.id)) == 1


def test_password_may_come_from_standard_input_and_never_short(run):
    assert "Password" not in run("moderator", "add", "a@b.example", "--password-stdin", stdin="long enough, surely\n")
    assert "12" in run("moderator", "add", "c@d.example", "--password-stdin", stdin="short\n", fails=True)


def test_new_password_or_disabling_ends_every_sign_in(run, rows):
    run("moderator", "add", "ann@example.org")
    for command in ("reset-password", "disable"):
        with rows.write() as session:
            token = moderators.open_session(
                session, moderators.moderator_by_email(session, "ann@example.org"), utc_now()
            )
        run("moderator", command, "ann@example.org")
        with rows.read() as session:
            assert moderators.find_session(session, token, utc_now()) is None


def add_with_second_factor(run, rows):
    """Ann, who signs in in two steps."""
    run("moderator", "add", "ann@example.org")
    with rows.read() as session:
        ann = moderators.moderator_by_email(session, "ann@example.org")
    secret = second_factor.begin(rows, ann, secret_key="k" * 32)
    now = utc_now()
    code = second_factor.code_at(secret, int(now.timestamp()) // 30)
    second_factor.confirm(rows, ann, code, secret_key="k" * 32, now=now)


def test_second_factor_of_somebody_without_phone_is_switched_off(run, rows):
    add_with_second_factor(run, rows)

    run("moderator", "reset-totp", "ann@example.org")

    with rows.read() as session:
        ann = moderators.moderator_by_email(session, "ann@example.org")
        assert not second_factor.is_on(ann)
        assert second_factor.recovery_codes_left(session, ann) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("moderator", "reset-totp", "nobody@example.org"),
        ("site", "rotate-key", "nothing"),
        ("site", "set-webhook", "nothing", "https://a.example"),
        ("moderator", "disable", "nobody@example.org"),
        ("moderator", "add", "no-address"),
        ("moderator", "add", "a@b.example", "--site", "nothing"),
    ],
)
def test_what_is_not_there_is_named(run, arguments):
    assert run(*arguments, fails=True).startswith("Error: ")


def test_commands_say_which_setting_is_missing(run):
    assert "MODERATION_SECRET_KEY" in run("site", "add", "garden", fails=True, env={"MODERATION_SECRET_KEY": ""})
    assert "MODERATION_SECRET_KEY" in run("serve", fails=True, env={"MODERATION_SECRET_KEY": ""})


def test_every_command_has_help_with_an_example(run):
    import click

    from moderation.cli import main

    def walk(command, words):
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                yield from walk(command.get_command(click.Context(command), name), [*words, name])
        else:
            yield words

    found = list(walk(main, []))
    assert len(found) > 12
    for words in found:
        assert "Example: " in run(*words, "--help"), words


@pytest.mark.parametrize(
    "url", ["http://blog.example/hook", "https://blog.example:22/hook", "ftp://blog.example", "https://a@b.example"]
)
def test_address_that_could_never_be_delivered_to_is_refused(run, url):
    assert run("site", "add", "garden", "--webhook-url", url, fails=True).startswith("Error: ")
    run("site", "add", "garden")
    assert run("site", "set-webhook", "garden", url, fails=True).startswith("Error: ")


def test_new_address_wakes_what_was_parked_and_none_parks_what_waits(run, rows):
    run("site", "add", "garden")
    with rows.write() as session:
        make_comment(session, sites.site_by_slug(session, "garden"))

    def states():
        with rows.read() as session:
            return session.scalars(sa.select(Event.state)).all()

    assert states() == [EventState.PARKED]
    run("site", "set-webhook", "garden", "https://blog.example/hook")
    assert states() == [EventState.PENDING]
    run("site", "set-webhook", "garden")
    assert states() == [EventState.PARKED]


def test_policy_is_printed_changed_and_checked(run, tmp_path):
    run("site", "add", "garden")
    document = json.loads(run("site", "policy", "garden"))
    document["words"] = [{"match": "casino", "action": "reject"}]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(document))

    assert "version 2" in run("site", "policy", "garden", str(path))
    assert json.loads(run("site", "policy", "garden")) == document
    assert "version 3" in run("site", "policy", "garden", "-", stdin="{}")
    assert "not JSON" in run("site", "policy", "garden", "-", stdin="{", fails=True)
    assert "/words/0" in run("site", "policy", "garden", "-", stdin='{"words": ["x"]}', fails=True)


def test_coral_secret_is_kept_encrypted_and_the_one_before_for_the_overlap(run, rows):
    run("site", "add", "garden")
    output = run("site", "set-coral-secret", "garden", stdin="the first secret of this coral\n")
    assert "/coral/phase?site=garden" in output
    run("site", "set-coral-secret", "garden", "--overlap-hours", "1", stdin="the second secret of this coral\n")

    now = utc_now()
    with rows.read() as session:
        kept = coral.secrets_in_use(session, now)
        later = coral.secrets_in_use(session, now + timedelta(hours=2))
    assert [secret.ends_at is None for secret in kept] == [True, False]
    assert len(later) == 1
    assert not any(b"secret of this coral" in secret.secret for secret in kept)

    run("site", "set-coral-secret", "garden", "--remove")
    with rows.read() as session:
        assert coral.secrets_in_use(session, utc_now()) == []


def test_half_a_coral_secret_is_refused(run):
    run("site", "add", "garden")
    assert "whole signing secret" in run("site", "set-coral-secret", "garden", stdin="short\n", fails=True)


def test_a_new_password_leaves_the_second_factor_on(run, rows):
    add_with_second_factor(run, rows)

    run("moderator", "reset-password", "ann@example.org")

    with rows.read() as session:
        assert second_factor.is_on(moderators.moderator_by_email(session, "ann@example.org"))


def test_a_password_that_was_made_here_is_for_the_first_sign_in_only(run, rows):
    def ends_at():
        with rows.read() as session:
            return moderators.moderator_by_email(session, "ann@example.org").first_password_ends_at

    run("moderator", "add", "ann@example.org")
    assert timedelta(days=6) < ends_at() - utc_now() < timedelta(days=8)
    run("moderator", "reset-password", "ann@example.org", "--password-stdin", stdin="tulips in the rain\n")
    assert ends_at() is None
    run("moderator", "reset-password", "ann@example.org")
    assert ends_at() is not None


def test_a_new_site_says_how_it_gets_its_owner(run, rows):
    assert "moderator add E-MAIL --role owner --site garden" in run("site", "add", "garden")
    assert "Nobody owns garden yet" in run("moderator", "add", "ann@example.org")
    assert "Nobody owns" not in run("moderator", "add", "olga@example.org", "--role", "owner")
    run("site", "add", "harbour")
    again = run("moderator", "add", "olga@example.org", "--role", "owner", "--site", "harbour")

    assert "has an account" in again
    assert "Password" not in again
    with rows.read() as session:
        olga = moderators.moderator_by_email(session, "olga@example.org")
        assert set(moderators.roles(session, olga.id).values()) == {Role.OWNER}
        assert len(moderators.roles(session, olga.id)) == 2
