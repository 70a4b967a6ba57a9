"""What the tests of webhooks share: made-up names, certificates, settings and events that are due."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from moderation.config import Settings
from moderation.storage import outbox
from moderation.storage.tables import Event
from moderation.webhooks import sending
from tests.factories import SECRET_KEY, make_comment, make_site
from tests.webhooks.receiver import LOOPBACK


@pytest.fixture
def names(monkeypatch):
    """Host names and what DNS says about them: a list of addresses for each question, in turn."""
    names = SimpleNamespace(known={}, asked=[])
    real = socket.getaddrinfo

    def answer(host, port, *arguments, **options):
        if host not in names.known:
            return real(host, port, *arguments, **options)
        names.asked.append(host)
        addresses = names.known[host].pop(0)
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return names


class Authority:
    """Self-signed certificates, and the one file of those that are trusted."""

    def __init__(self, folder, monkeypatch):
        self._folder = folder
        self._trusted = folder / "trusted.pem"
        self._trusted.write_text("")
        monkeypatch.setenv("SSL_CERT_FILE", str(self._trusted))
        monkeypatch.setenv("SSL_CERT_DIR", str(folder))

    def server(self, name, *, trusted=True, days=1):
        """The server's side of TLS with a certificate for *name*; it ends *days* from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        usage = dict.fromkeys(
            [
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            ],
            False,
        )
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=9))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = self._folder / f"{name}.pem"
        path.write_bytes(private + pem)
        if trusted:
            self._trusted.write_bytes(pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


@pytest.fixture
def authority(tmp_path, monkeypatch):
    sending.tls_context.cache_clear()
    yield Authority(tmp_path, monkeypatch)
    sending.tls_context.cache_clear()


@pytest.fixture
def settings(tmp_path):
    return Settings(database_url="", secret_key=SECRET_KEY, home=tmp_path, webhook_networks=LOOPBACK, lease_s=6.0)


@pytest.fixture
def due(database):
    """Make events that are due for a blog at an address."""

    def make(url, count=1, slug="garden"):
        now = datetime.now(UTC) - timedelta(minutes=5)
        with database.write() as session:
            site = make_site(session, slug=slug, webhook_url=url)
            for _ in range(count):
                make_comment(session, site, now=now)
            return site

    return make


@pytest.fixture
def claim(database):
    """Take what is due, as a worker would."""

    def take(now=None, limit=10):
        with database.write() as session:
            return outbox.claim(session, limit=limit, lease=timedelta(seconds=60), now=now)

    return take


@pytest.fixture
def events(database):
    """The outbox as it stands."""

    def read():
        with database.read() as session:
            return session.scalars(sa.select(Event).order_by(Event.id)).all()

    return read


@pytest.fixture
def count(database):
    """How many events of a site, or of all, are in a state."""

    def read(state, site=None):
        query = sa.select(sa.func.count()).select_from(Event).where(Event.state == state)
        with database.read() as session:
            return session.scalar(query if site is None else query.where(Event.site_id == site.id))

    return read


@pytest.fixture
def attempts(database):
    """What was written down about the attempts for an event."""

    def read(event_id):
        with database.read() as session:
            return outbox.attempts(session, event_id)

    return read
