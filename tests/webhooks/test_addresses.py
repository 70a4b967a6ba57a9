"""Where webhooks may go, and the many spellings of where they must not."""

import socket
import threading
from ipaddress import ip_network

import pytest

from moderation.webhooks.addresses import AddressRefused, HostUnknown, check_url, resolve
from moderation.webhooks.sending import SendError, send

LAN = (ip_network("192.168.7.0/24"), ip_network("fd00:7::/32"))

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it here
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::1]",
    "[64:ff9b:1::808:808]",
    "[100::1]",
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[2002:808:808::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[ff0e::1]",
]

# Other spellings of such addresses. Where the system's resolver does not know one, that is a refusal too.
SPELLINGS = [
    "2130706433",
    "0x7f000001",
    "0x7F.1",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "127.1",
    "127.0.1",
    "0",
    "2852039166",
    "0xa9fea9fe",
    "169.254.43518",
    "0300.0250.0.1",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST.",
]

UNREADABLE = [
    "",
    "/hook",
    "blog.example/hook",
    "ftp://blog.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:70/",
    "javascript:alert(1)",
    "https://",
    "https:///hook",
    "https:blog.example",
    "https://ann@blog.example/",
    "https://ann:secret@blog.example/",
    "https://@blog.example/",
    "https://blog.example@127.0.0.1/",
    "https://blog.example:22/",
    "https://blog.example:0/",
    "https://blog.example:6379/",
    "https://blog.example:65536/",
    "https://blog.example:-1/",
    "https://blog.example:abc/",
    "https://blog..example/",
    "https://.blog.example/",
    "https://blog.example../",
    "https://blog%2eexample/",
    "https://127.0.0.1%2f@blog.example/",
    "https://blog.example\\@127.0.0.1/",
    "https://blog.example /",
    "https://blog.example/\r\nHost: other",
    "https://blog.exa\tmple/",
    "https://blög.example/",
    "https://①②⑦.0.0.1/",
    "https://127。0。0。1/",
    "https://blog.example/ü",
    "https://[::1/",
    "https://[127.0.0.1]/",
    "https://[::1]evil.example/",
    "https://[v1.fe80::a+en1]/",
    "https://[fe80::1%25eth0]/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 127 + "a/",
]


def reach(url, networks=()):
    return resolve(check_url(url, networks), networks, timeout_s=5)


@pytest.fixture
def no_connections(monkeypatch):
    """Any attempt to connect fails the test, from wherever it comes."""
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: connected.append(address))
    yield
    assert connected == []


@pytest.mark.parametrize("host", NOT_PUBLIC)
def test_address_that_is_not_public_is_refused(host):
    with pytest.raises(AddressRefused, match="not on the public internet"):
        reach(f"https://{host}/hook")


@pytest.mark.parametrize("host", SPELLINGS)
def test_other_spelling_of_such_an_address_is_refused(host):
    with pytest.raises((AddressRefused, HostUnknown)):
        reach(f"https://{host}/hook")


@pytest.mark.parametrize("host", [*NOT_PUBLIC, *SPELLINGS])
def test_nothing_connects_to_a_refused_address(host, no_connections):
    with pytest.raises(SendError):
        send(f"https://{host}/hook", {}, b"", networks=())


@pytest.mark.parametrize("url", UNREADABLE)
def test_nothing_connects_to_an_address_that_cannot_be_meant(url, no_connections):
    with pytest.raises(SendError):
        send(url, {}, b"", networks=())


ANSWERS = [
    ["127.0.0.1"],
    ["169.254.169.254"],
    ["fd00:ec2::254"],
    ["::ffff:169.254.169.254"],
    ["64:ff9b::a9fe:a9fe"],
    ["2002:a9fe:a9fe::1"],
    ["2001:0:a9fe:a9fe::"],
    ["fe80::1%eth0"],
    ["fe80::a9fe:a9fe%2"],
    ["::"],
    ["0.0.0.0"],  # noqa: S104 - nothing is bound to it here
    ["8.8.8.8", "127.0.0.1"],
    ["127.0.0.1", "8.8.8.8"],
    ["8.8.8.8", "1.1.1.1", "10.0.0.1"],
    ["2606:4700:4700::1111", "::1"],
    ["8.8.8.8", "::ffff:10.0.0.1"],
    ["8.8.8.8", "fe80::1%eth0"],
    ["192.168.7.9"],  # where an alias (CNAME) into somebody's own network ends
]


@pytest.mark.parametrize("answers", ANSWERS, ids=",".join)
def test_nothing_connects_where_a_name_leads_to_such_an_address(answers, names, no_connections):
    names.known["blog.example"] = [answers, ["8.8.8.8"]]

    with pytest.raises(SendError):
        send("https://blog.example/hook", {}, b"", networks=())
    assert names.asked == ["blog.example"]  # no second question, whose answer might be better


def test_a_name_that_turns_private_after_the_check_is_connected_to_where_it_was_checked(names, monkeypatch):
    names.known["rebind.example"] = [["8.8.8.8"], ["127.0.0.1"], ["10.0.0.1"]]
    connected = []

    def connect(_, address):
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(SendError):
        send("https://rebind.example/hook", {}, b"", networks=())

    assert (connected, names.asked) == (["8.8.8.8"], ["rebind.example"])


def test_more_than_sixty_ways_to_an_address_that_must_not_be_reached_are_tried_at_the_socket():
    assert len({*NOT_PUBLIC, *SPELLINGS, *UNREADABLE, *map(str, ANSWERS)}) >= 120


@pytest.mark.parametrize("url", UNREADABLE)
def test_address_that_cannot_be_meant_is_refused(url):
    with pytest.raises(AddressRefused) as caught:
        check_url(url, ())

    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("url", ["http://blog.example/", "http://8.8.8.8/", "http://blog.example:443/"])
def test_plain_http_is_refused_without_allowed_networks(url):
    with pytest.raises(AddressRefused, match="https"):
        check_url(url, ())


@pytest.mark.parametrize(
    "host",
    ["8.8.8.8", "1.1.1.1", "[2606:4700:4700::1111]", "[64:ff9b::8.8.8.8]", "[::ffff:8.8.8.8]"],
)
def test_public_address_is_reached(host):
    assert reach(f"https://{host}/hook")


@pytest.mark.parametrize("port", [443, 80, 8443, 8080])
def test_usual_ports_are_allowed_on_the_internet(port):
    assert check_url(f"https://blog.example:{port}", ()).port == port


def test_target_has_the_parts_of_the_address():
    target = check_url("https://Blog.Example./hook/in?key=1#part", ())

    assert (target.scheme, target.host, target.port) == ("https", "blog.example", 443)
    assert target.path == "/hook/in?key=1"


@pytest.mark.parametrize(
    "answers",
    [
        ["10.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["10.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "::1"],
        ["2606:4700:4700::1111", "fe80::1%eth0"],
        ["8.8.8.8", "::ffff:127.0.0.1"],
    ],
)
def test_one_bad_answer_among_good_ones_refuses_the_name(names, answers):
    names.known["blog.example"] = [answers]

    with pytest.raises(AddressRefused):
        reach("https://blog.example/")


def test_name_is_asked_for_once_and_its_first_answer_taken(names):
    names.known["blog.example"] = [["8.8.8.8", "1.1.1.1"]]

    assert reach("https://blog.example/") == "8.8.8.8"
    assert names.asked == ["blog.example"]


def test_name_without_an_answer_is_unknown(names):
    names.known["blog.example"] = [[]]

    with pytest.raises(HostUnknown):
        reach("https://blog.example/")


def test_resolver_that_never_answers_is_left_behind(monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: gate.wait(10))

    with pytest.raises(TimeoutError):
        resolve(check_url("https://blog.example/", ()), (), timeout_s=0.1)
    gate.set()


@pytest.mark.parametrize("url", ["http://lan.example/", "https://lan.example:9000/", "http://lan.example:3000/"])
@pytest.mark.parametrize("address", ["192.168.7.9", "::ffff:192.168.7.9", "fd00:7::9"])
def test_allowed_network_is_reached_by_http_and_on_any_port(names, url, address):
    names.known["lan.example"] = [[address]]

    assert reach(url, LAN)


@pytest.mark.parametrize(
    ("url", "answers"),
    [
        ("https://lan.example/", ["192.168.8.9"]),
        ("https://lan.example/", ["192.168.7.9", "192.168.8.9"]),
        ("http://lan.example/", ["8.8.8.8"]),
        ("http://lan.example/", ["192.168.7.9", "8.8.8.8"]),
        ("https://lan.example:9000/", ["8.8.8.8"]),
        ("https://lan.example/", ["64:ff9b::192.168.7.9"]),
        ("https://lan.example/", ["2002:c0a8:709::1"]),
    ],
)
def test_allowed_network_opens_nothing_else(names, url, answers):
    names.known["lan.example"] = [answers]

    with pytest.raises(AddressRefused):
        reach(url, LAN)
