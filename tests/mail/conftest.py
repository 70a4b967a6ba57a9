"""A real SMTP server on loopback that keeps what it is handed, and can be told to refuse."""

import datetime
import email
import email.policy
import socket
import ssl
from dataclasses import dataclass, field

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from moderation.config import MailSettings, Settings
from tests.factories import SECRET_KEY, make_moderator, make_site

USER, PASSWORD = "moderation", "a password of the mail server"


@dataclass
class Inbox:
    """What arrived, and what is to be refused: `rcpt` or `data` with an answer such as `550 no`."""

    mails: list = field(default_factory=list)
    raw: list = field(default_factory=list)
    recipients: list = field(default_factory=list)
    refuse: dict = field(default_factory=dict)
    before_data: list = field(default_factory=list)  # functions called with the mail, before it is kept

    async def handle_RCPT(self, server, session, envelope, address, options):
        if "rcpt" in self.refuse:
            return self.refuse["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if "data" in self.refuse:
            return self.refuse["data"]
        for look in self.before_data:
            look()
        self.raw.append(envelope.original_content)
        self.mails.append(email.message_from_bytes(envelope.original_content, policy=email.policy.default))
        self.recipients += envelope.rcpt_tos
        if "after" in self.refuse:  # taken, and then the line breaks
            server.transport.abort()
        return "250 taken"


class Server(Controller):
    """On whichever port is free; the controller itself would knock at port 0 to see whether it is up."""

    @property
    def used_port(self):
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self):
        socket.create_connection(("127.0.0.1", self.used_port)).close()


def check_password(server, session, envelope, mechanism, data):
    fits = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=fits, handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for `localhost` with its key, in one PEM file; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    unencrypted = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def start_server(certificate):
    """Starts SMTP servers; `security` as in the settings, `signs_in` asks for USER and PASSWORD."""
    started = []

    def start(security="none", *, signs_in=False, **options):
        inbox = Inbox()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        if security == "starttls":
            options |= {"tls_context": context, "require_starttls": True}
        elif security == "tls":
            options["ssl_context"] = context
        if signs_in:
            options |= {"authenticator": check_password, "auth_required": True, "auth_require_tls": False}
        server = Server(inbox, hostname="127.0.0.1", port=0, server_hostname="localhost", **options)
        server.start()
        started.append(server)
        mail = MailSettings(
            host="localhost",
            port=server.used_port,
            security=security,
            sender="Moderation <moderation@blog.example>",
            **({"user": USER, "password": PASSWORD} if signs_in else {}),
        )
        return inbox, mail

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def trusted(certificate, monkeypatch):
    """Our certificate is among those that the machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        database_url="unused", secret_key=SECRET_KEY, home=tmp_path, public_base_url="https://moderation.example"
    )


@pytest.fixture
def site(database):
    with database.write() as session:
        return make_site(session)


@pytest.fixture
def moderator(database, site):
    with database.write() as session:
        return make_moderator(session, site)
