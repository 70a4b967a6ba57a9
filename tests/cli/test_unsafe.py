"""`serve` refuses a setting that leaves a door open, and says by name which."""

import pytest
from click.testing import CliRunner

from moderation.cli import main
from moderation.cli.unsafe import unsafe
from moderation.config import Settings

KEY = "k" * 43
HTTPS = {"PUBLIC_BASE_URL": "https://mod.example", "TRUSTED_PROXIES": "1"}


def found(env, host="127.0.0.1"):
    return list(unsafe(Settings.from_env({"MODERATION_SECRET_KEY": KEY, **env}), host))


UNSAFE = [
    ({"PUBLIC_BASE_URL": "http://mod.example"}, "PUBLIC_BASE_URL"),
    ({"PUBLIC_BASE_URL": "http://192.168.1.9:8000"}, "PUBLIC_BASE_URL"),
    ({"PUBLIC_BASE_URL": "https://mod.example"}, "TRUSTED_PROXIES"),
    ({**HTTPS, "TRUSTED_HOSTS": "*"}, "TRUSTED_HOSTS"),
    ({**HTTPS, "TRUSTED_HOSTS": "a.example,*.b.example"}, "TRUSTED_HOSTS"),
    ({"WEBHOOK_ALLOW_NETWORKS": "0.0.0.0/0"}, "WEBHOOK_ALLOW_NETWORKS"),
    ({"WEBHOOK_ALLOW_NETWORKS": "::/0"}, "WEBHOOK_ALLOW_NETWORKS"),
    ({"WEBHOOK_ALLOW_NETWORKS": "169.254.0.0/16"}, "WEBHOOK_ALLOW_NETWORKS"),
    ({"METRICS_TOKEN": KEY}, "METRICS_TOKEN"),
]


@pytest.mark.parametrize(("env", "names"), UNSAFE)
def test_serve_refuses_it_by_name(env, names, tmp_path):
    environment = {"MODERATION_SECRET_KEY": KEY, "MODERATION_HOME": str(tmp_path), **env}
    done = CliRunner().invoke(main, ["serve", "--port", "0"], env=environment)

    assert done.exit_code == 1
    assert done.output.startswith(f"Error: {names}")
    assert not list(tmp_path.iterdir()), "nothing was begun"


def test_listening_to_other_machines_in_the_clear_is_refused():
    everywhere = "::"
    assert "--host ::" in found({}, host=everywhere)[0]
    assert found(HTTPS, host=everywhere) == []
    assert found({"ALLOW_HTTP": "on"}, host=everywhere) == []


@pytest.mark.parametrize(
    "env",
    [
        {},
        HTTPS,
        {"PUBLIC_BASE_URL": "http://localhost:8000"},
        {"PUBLIC_BASE_URL": "http://[::1]:8000"},
        {"PUBLIC_BASE_URL": "http://192.168.1.9:8000", "ALLOW_HTTP": "on"},
        {"WEBHOOK_ALLOW_NETWORKS": "192.168.1.0/24,127.0.0.0/8,fd00::/8,10.0.0.0/8"},
        {**HTTPS, "TRUSTED_HOSTS": ".rest.mod.example", "METRICS_TOKEN": "another-token-of-16"},
    ],
)
def test_what_people_rightly_choose_is_taken(env):
    assert found(env) == []
