"""Settings from the environment."""

from ipaddress import ip_network

import pytest

from moderation.config import Settings, SettingsError

KEY = "k" * 43


def test_defaults_need_a_secret_key_alone(tmp_path):
    settings = Settings.from_env({"MODERATION_SECRET_KEY": KEY, "MODERATION_HOME": str(tmp_path)})

    assert settings.database_url == f"sqlite:///{tmp_path}/moderation.db"
    assert settings.trusted_hosts == ("127.0.0.1", "localhost", "[::1]")
    assert (settings.max_body_bytes, settings.max_batch_bytes, settings.max_text_bytes) == (2**20, 2**22, 20_480)
    assert not settings.secure_cookies


def test_values_are_read(tmp_path):
    (tmp_path / "key").write_text(KEY + "\n")
    settings = Settings.from_env(
        {
            "MODERATION_SECRET_KEY_FILE": str(tmp_path / "key"),
            "DATABASE_URL": "postgresql://db.example/m",
            "PUBLIC_BASE_URL": "https://mod.example/",
            "TRUSTED_HOSTS": "a.example, b.example",
            "WEBHOOK_ALLOW_NETWORKS": "192.168.1.0/24, fd00::/8",
        }
    )

    assert settings.secret_key == KEY
    assert settings.database_url == "postgresql+psycopg://db.example/m"
    assert settings.public_base_url == "https://mod.example"
    assert settings.secure_cookies
    assert settings.trusted_hosts[:3] == ("a.example", "b.example", "mod.example")
    assert settings.webhook_networks == (ip_network("192.168.1.0/24"), ip_network("fd00::/8"))


SMTP = {"SMTP_HOST": "mail.example", "MAIL_FROM": "moderation@blog.example"}


@pytest.mark.parametrize(
    ("env", "names"),
    [
        ({"MODERATION_SECRET_KEY": ""}, "MODERATION_SECRET_KEY"),
        ({"MODERATION_SECRET_KEY": "short"}, "MODERATION_SECRET_KEY"),
        ({"MODERATION_SECRET_KEY_FILE": "/nonexistent/key"}, "MODERATION_SECRET_KEY_FILE"),
        ({"PUBLIC_BASE_URL": "mod.example"}, "PUBLIC_BASE_URL"),
        ({"WEBHOOK_ALLOW_NETWORKS": "localhost"}, "WEBHOOK_ALLOW_NETWORKS"),
        ({"MAX_BODY_BYTES": "1 MB"}, "MAX_BODY_BYTES"),
        ({"DELIVERY_LEASE_SECONDS": "2"}, "DELIVERY_LEASE_SECONDS"),
        ({"SCORING_DEADLINE_SECONDS": "-1"}, "SCORING_DEADLINE_SECONDS"),
        ({"SCORING_THREADS": "0"}, "SCORING_THREADS"),
        ({"CAREFUL_READER": "maybe"}, "CAREFUL_READER must be on or off, not 'maybe'"),
        ({"CAREFUL_READER": "0"}, "CAREFUL_READER"),
        ({"SMTP_HOST": "mail.example"}, "MAIL_FROM"),
        ({**SMTP, "MAIL_FROM": "moderation"}, "MAIL_FROM"),
        ({**SMTP, "MAIL_FROM": "a@b.example\r\nBcc: c@d.example"}, "MAIL_FROM"),
        ({**SMTP, "SMTP_SECURITY": "ssl"}, "SMTP_SECURITY must be starttls, tls or none, not 'ssl'"),
        ({**SMTP, "SMTP_PORT": "x"}, "SMTP_PORT"),
        ({**SMTP, "SMTP_USER": "u"}, "SMTP_USER and SMTP_PASSWORD"),
        ({**SMTP, "SMTP_PASSWORD_FILE": "/nonexistent/password", "SMTP_USER": "u"}, "SMTP_PASSWORD_FILE"),
        ({**SMTP, "SMTP_USER": "u", "SMTP_PASSWORD": "p", "SMTP_SECURITY": "none"}, "in the clear"),
    ],
)
def test_bad_value_is_refused_by_name(env, names):
    with pytest.raises(SettingsError, match=names):
        Settings.from_env({"MODERATION_SECRET_KEY": KEY, **env})


@pytest.mark.parametrize(
    ("value", "wanted"), [(None, True), ("", True), ("on", True), ("ON", True), ("off", False), ("Off", False)]
)
def test_the_careful_reader_reads_unless_it_is_switched_off(value, wanted):
    env = {"MODERATION_SECRET_KEY": KEY} | ({} if value is None else {"CAREFUL_READER": value})

    assert Settings.from_env(env).careful_reader is wanted


def test_mail_is_off_until_a_server_is_named():
    assert Settings.from_env({"MODERATION_SECRET_KEY": KEY}).mail is None


@pytest.mark.parametrize(
    ("env", "port", "security"),
    [({}, 587, "starttls"), ({"SMTP_SECURITY": "TLS"}, 465, "tls"), ({"SMTP_PORT": "2525"}, 2525, "starttls")],
)
def test_mail_goes_out_encrypted_by_the_usual_port(env, port, security):
    mail = Settings.from_env({"MODERATION_SECRET_KEY": KEY, **SMTP, **env}).mail

    assert (mail.port, mail.security, mail.sender) == (port, security, "moderation@blog.example")


def test_the_password_of_the_mail_server_is_read_from_a_file_and_never_shown(tmp_path):
    (tmp_path / "password").write_text("battery staple\n")
    env = {**SMTP, "SMTP_USER": "u", "SMTP_PASSWORD_FILE": str(tmp_path / "password")}

    settings = Settings.from_env({"MODERATION_SECRET_KEY": KEY, **env})

    assert settings.mail.password == "battery staple"
    assert "battery staple" not in repr(settings)
