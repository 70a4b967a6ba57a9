"""PyPI's `akismet` and npm's `@cedx/akismet`, unmodified; the former knows no address but Akismet's own."""

import asyncio

import akismet
import httpx
import pytest

from tests.clients.conftest import KIND, TRIES, UNKIND, often

BLOG = "https://garden.example"
IP = "203.0.113.9"
TOO_LONG = "a" * 20_481


class _Elsewhere(httpx.HTTPTransport):
    """What DNS does for its user: Akismet's host name leads to the service."""

    def __init__(self, url: str, host: str = "") -> None:
        super().__init__()
        self._url, self._host = httpx.URL(url), host

    def handle_request(self, request):
        assert request.url.host == "rest.akismet.com"
        request.url = request.url.copy_with(scheme=self._url.scheme, host=self._url.host, port=self._url.port)
        request.headers["Host"] = self._host or request.url.netloc.decode()
        return super().handle_request(request)


class _ElsewhereAsync(httpx.AsyncHTTPTransport):
    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    async def handle_async_request(self, request):
        request.url = request.url.copy_with(scheme=self._url.scheme, host=self._url.host, port=self._url.port)
        request.headers["Host"] = request.url.netloc.decode()
        return await super().handle_async_request(request)


@pytest.fixture
def client_of(service):
    """A client with a key, which has not been tried yet."""
    opened = []

    def _client(key, host=""):
        http = httpx.Client(transport=_Elsewhere(service.url, host), timeout=10)
        opened.append(http)
        return akismet.SyncClient(config=akismet.Config(key=key, url=BLOG), http_client=http)

    yield _client
    for http in opened:
        http.close()


@pytest.fixture
def client(client_of, keys):
    return client_of(keys.akismet_key)


@pytest.fixture
def ask_node(service, keys, node):
    def _ask(*calls, api_key=keys.akismet_key, is_test=False):
        document = {"baseUrl": service.url, "apiKey": api_key, "blog": BLOG, "isTest": is_test, "calls": calls}
        return node("akismet_client.mjs", document)

    return _ask


def test_key_is_verified_as_the_client_starts(client, client_of):
    with client as started:
        assert started.verify_key()
    with pytest.raises(akismet.APIKeyError), client_of("abcdefabcdef"):
        pass


def test_check_and_reports(client):
    spam = {"comment_content": UNKIND, "comment_author": "Bob", "comment_author_email": "bob@example.org"}
    ham = {"comment_content": KIND, "comment_author": "Ann", "comment_author_email": "ann@example.org"}
    assert client.comment_check(user_ip=IP, **spam) == akismet.CheckResponse.SPAM
    assert client.comment_check(user_ip=IP, **ham) == akismet.CheckResponse.HAM
    assert client.submit_ham(user_ip=IP, **spam)
    assert client.submit_spam(user_ip=IP, **ham)
    assert client.comment_check(user_ip=IP, **spam) == akismet.CheckResponse.HAM
    assert client.comment_check(user_ip=IP, **ham) == akismet.CheckResponse.SPAM

    usage = client.usage_limit()
    assert (usage["limit"], usage["usage"], usage["throttled"]) == ("none", 4, False)


def test_its_own_known_results(client):
    for fields, expected in [
        ({"comment_author": "akismet-guaranteed-spam"}, akismet.CheckResponse.SPAM),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com", "comment_content": KIND}, 1),
        ({"user_role": "administrator", "comment_content": UNKIND}, akismet.CheckResponse.HAM),
    ]:
        assert client.comment_check(user_ip=IP, is_test=True, **fields) == expected


def test_key_sites_of_a_client_that_sends_no_key_with_it(client_of, keys):
    """It forgets the key there, so that only the host can say it."""
    with pytest.raises(akismet.APIKeyError):
        client_of(keys.akismet_key).key_sites()
    by_host = client_of(keys.akismet_key, host=f"{keys.akismet_key}.rest.localhost")
    by_host.comment_check(user_ip=IP, comment_content=KIND)
    [site] = next(rows for rows in by_host.key_sites().values() if isinstance(rows, list))
    assert (site["site"], site["api_calls"], site["ham"]) == ("garden.example", "1", "1")
    assert by_host.key_sites(result_format="csv").splitlines()[2] == "garden.example,1,0,1,0,0,false"


def test_failures_raise_its_own_errors(service, client, client_of, keys):
    with pytest.raises(akismet.APIKeyError):
        client_of("abcdefabcdef").comment_check(user_ip=IP, comment_content=KIND)
    with pytest.raises(akismet.RequestError, match="400"):
        client.comment_check(user_ip=IP, comment_content="")
    with pytest.raises(akismet.RequestError, match="413"):
        client.comment_check(user_ip=IP, comment_content=TOO_LONG)
    service.use_up("/1.1/verify-key", fields={"key": keys.akismet_key})
    with pytest.raises(akismet.RequestError, match="429"):
        often(lambda: client.comment_check(user_ip=IP, comment_content=KIND))


def test_asynchronous_client(service, keys):
    async def check():
        async with httpx.AsyncClient(transport=_ElsewhereAsync(service.url), timeout=10) as http:
            config = akismet.Config(key=keys.akismet_key, url=BLOG)
            client = await akismet.AsyncClient.validated_client(config=config, http_client=http)
            return await client.comment_check(user_ip=IP, comment_content=UNKIND)

    assert asyncio.run(check()) == akismet.CheckResponse.SPAM


def about(text, name="Ann"):
    author = {"name": name, "email": f"{name.lower()}@example.org", "ipAddress": IP, "userAgent": "Mozilla/5.0"}
    comment = {
        "content": text,
        "date": "2026-11-23T09:00:00Z",
        "permalink": f"{BLOG}/roses",
        "context": ["gardens", "roses"],
        "type": "comment",
    }
    return {"author": author, "comment": comment}


def test_cedx_checks_and_reports(ask_node):
    answers = ask_node(
        {"method": "verifyKey"},
        {"method": "checkComment", **about(KIND)},
        {"method": "checkComment", **about(UNKIND)},
        {"method": "submitHam", **about(UNKIND)},
        {"method": "submitSpam", **about(KIND)},
        {"method": "checkComment", **about(UNKIND)},
        {"method": "checkComment", **about(KIND)},
    )
    assert [answer["result"] for answer in answers] == [True, 0, 1, None, None, 0, 1]


def test_cedx_in_test_mode(ask_node):
    answers = ask_node(
        {"method": "checkComment", **about("anything", name="viagra-test-123")},
        {"method": "submitSpam", **about("anything")},
        is_test=True,
    )
    assert [answer["result"] for answer in answers] == [1, None]


def test_cedx_raises_its_own_errors(service, ask_node, keys):
    check = {"method": "checkComment", **about(KIND)}
    wrong = ask_node({"method": "verifyKey"}, check, api_key="abcdefabcdef")
    assert wrong == [{"result": False}, {"error": "Error", "message": "The key is not one of ours, or it has ended."}]
    empty, long = ask_node(
        {"method": "checkComment", **about("", name="")}, {"method": "checkComment", **about(TOO_LONG)}
    )
    assert (empty["error"], empty["message"][:3]) == ("Error", "400")
    assert (long["error"], long["message"][:3]) == ("Error", "413")
    service.use_up("/1.1/verify-key", fields={"key": keys.akismet_key})
    limited = [answer for answer in ask_node(*[check] * TRIES) if "error" in answer]
    assert {(answer["error"], answer["message"][:3]) for answer in limited} == {("Error", "429")}
