"""Settings, read once from the environment into one frozen object."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent

Network = IPv4Network | IPv6Network

SMTP_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class SettingsError(Exception):
    """A setting is missing or cannot be used; the message names it and says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The SMTP server that mails leave by. `security` is `starttls`, `tls` or `none`."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "MailSettings | None":
        """None without SMTP_HOST: no mail is sent then.

        Raises:
            SettingsError: what there is cannot be used.
        """
        host, security = env.get("SMTP_HOST", "").strip(), (env.get("SMTP_SECURITY") or "starttls").lower()
        if not host:
            return None
        if security not in SMTP_PORTS:
            raise SettingsError(f"SMTP_SECURITY must be starttls, tls or none, not {security!r}.")
        port = int(_number(env, "SMTP_PORT", SMTP_PORTS[security], at_least=1))
        user, password = env.get("SMTP_USER", ""), _secret(env, "SMTP_PASSWORD")
        if bool(user) != bool(password):
            raise SettingsError("SMTP_USER and SMTP_PASSWORD (or SMTP_PASSWORD_FILE) go together: set both or none.")
        if password and security == "none" and host not in {"localhost", "127.0.0.1", "::1"}:
            raise SettingsError("SMTP_SECURITY=none would send SMTP_PASSWORD in the clear: use starttls or tls.")
        sender = env.get("MAIL_FROM", "").strip()
        if not re.fullmatch(r"[^\r\n]*[^\s@<>]+@[^\s@<>]+>?", sender):
            raise SettingsError("MAIL_FROM must be the address that mails come from, such as moderation@blog.example.")
        return cls(host=host, port=port, security=security, sender=sender, user=user, password=password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an installation may choose. `Settings.from_env` lists the names."""

    database_url: str
    secret_key: str
    home: Path
    public_base_url: str = "http://127.0.0.1:8000"
    mail: MailSettings | None = None
    model: Path | None = None
    careful_reader: bool = True
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    webhook_networks: tuple[Network, ...] = ()
    lease_s: float = 60.0
    scoring_deadline_s: float = 2.0
    scoring_threads: int = 4
    max_body_bytes: int = 1024 * 1024
    max_batch_bytes: int = 4 * 1024 * 1024
    max_text_bytes: int = 20_480
    requests_per_minute: int = 12_000
    akismet_host_suffix: str = ""
    backup_folder: Path | None = None
    metrics_token: str = field(default="", repr=False)
    metrics_loopback: bool = False
    allow_http: bool = False

    @property
    def secure_cookies(self) -> bool:
        return urlsplit(self.public_base_url).scheme == "https"

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Read the environment.

        Raises:
            SettingsError: a secret is missing or a value cannot be read.
        """
        home = home_directory(env)
        base_url = env.get("PUBLIC_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
        akismet_host_suffix = env.get("AKISMET_HOST_SUFFIX", "").strip().strip(".").lower()
        return cls(
            home=home,
            database_url=database_url(env),
            secret_key=secret_key(env),
            public_base_url=_http_url("PUBLIC_BASE_URL", base_url),
            mail=MailSettings.from_env(env),
            model=Path(env["MODERATION_MODEL"]) if env.get("MODERATION_MODEL") else None,
            careful_reader=careful_reader(env),
            trusted_hosts=_hosts(env.get("TRUSTED_HOSTS", ""), base_url, akismet_host_suffix),
            akismet_host_suffix=akismet_host_suffix,
            trusted_proxies=int(_number(env, "TRUSTED_PROXIES", 0)),
            webhook_networks=_networks(env.get("WEBHOOK_ALLOW_NETWORKS", "")),
            lease_s=_number(env, "DELIVERY_LEASE_SECONDS", 60.0, at_least=3.0),
            scoring_deadline_s=_number(env, "SCORING_DEADLINE_SECONDS", 2.0),
            scoring_threads=int(_number(env, "SCORING_THREADS", 4, at_least=1)),
            max_body_bytes=int(_number(env, "MAX_BODY_BYTES", 1024 * 1024)),
            max_batch_bytes=int(_number(env, "MAX_BATCH_BYTES", 4 * 1024 * 1024)),
            max_text_bytes=int(_number(env, "MAX_TEXT_BYTES", 20_480)),
            requests_per_minute=int(_number(env, "REQUESTS_PER_MINUTE", 12_000)),
            backup_folder=Path(env["BACKUP_FOLDER"]) if env.get("BACKUP_FOLDER") else None,
            metrics_token=_metrics_token(env),
            metrics_loopback=_switch(env, "METRICS_LOOPBACK", "off"),
            allow_http=_switch(env, "ALLOW_HTTP", "off"),
        )


def home_directory(env: Mapping[str, str] = os.environ) -> Path:
    """Where the data lives: $MODERATION_HOME, or `var/` under the project."""
    return Path(env.get("MODERATION_HOME") or ROOT / "var").resolve()


def database_url(env: Mapping[str, str] = os.environ) -> str:
    """$DATABASE_URL, or a SQLite file in the home directory. Plain `postgresql://` means psycopg 3."""
    url = env.get("DATABASE_URL") or f"sqlite:///{home_directory(env) / 'moderation.db'}"
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def careful_reader(env: Mapping[str, str] = os.environ) -> bool:
    """Whether the careful reader is wanted: $CAREFUL_READER is `on`, which is the default, or `off`.

    Raises:
        SettingsError: it is anything else.
    """
    return _switch(env, "CAREFUL_READER", "on")


def secret_key(env: Mapping[str, str] = os.environ) -> str:
    """The key that signs forms and encrypts webhook secrets, from the environment or a file.

    Raises:
        SettingsError: there is none, or it is too short to be random.
    """
    key = _secret(env, "MODERATION_SECRET_KEY")
    if len(key) < 32:
        raise SettingsError(
            "MODERATION_SECRET_KEY (or MODERATION_SECRET_KEY_FILE) must hold at least 32 random characters; "
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return key


def _metrics_token(env: Mapping[str, str]) -> str:
    token = _secret(env, "METRICS_TOKEN")
    if token and len(token) < 16:
        raise SettingsError("METRICS_TOKEN (or METRICS_TOKEN_FILE) must hold at least 16 random characters.")
    return token


def _secret(env: Mapping[str, str], name: str) -> str:
    """The variable *name*, or what stands in the file that `<name>_FILE` names."""
    path = env.get(f"{name}_FILE")
    if not path:
        return env.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE cannot be read: {error.strerror}.") from error


def _switch(env: Mapping[str, str], name: str, default: str) -> bool:
    value = env.get(name) or default
    if value.lower() not in {"on", "off"}:
        raise SettingsError(f"{name} must be on or off, not {value!r}.")
    return value.lower() == "on"


def _number(env: Mapping[str, str], name: str, default: float, *, at_least: float = 0.0) -> float:
    try:
        value = float(env.get(name) or default)
    except ValueError as error:
        raise SettingsError(f"{name} must be a number, not {env[name]!r}.") from error
    if not at_least <= value < float("inf"):
        raise SettingsError(f"{name} must be a number from {at_least:g} on, not {env[name]!r}.")
    return value


def _http_url(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{name} must be an address such as https://moderation.example, not {value!r}.")
    return value


def _hosts(value: str, base_url: str, suffix: str) -> tuple[str, ...]:
    """The host names we answer to: those listed, that of the public address, those that carry a key, and loopback."""
    listed = [host.strip() for host in value.split(",") if host.strip()]
    public = urlsplit(base_url).hostname or ""
    with_key = [f".{suffix}"] if suffix else []
    return tuple(dict.fromkeys([*listed, public, *with_key, "127.0.0.1", "localhost", "[::1]"]))


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(item.strip()) for item in value.split(",") if item.strip())
    except ValueError as error:
        raise SettingsError(f"WEBHOOK_ALLOW_NETWORKS: {error}. Write networks as 192.168.1.0/24.") from error
