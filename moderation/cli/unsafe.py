"""Settings that would each leave a door open: `serve` refuses to start with one, and `doctor` names it."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from moderation.config import Settings

METADATA = ip_address("169.254.169.254")  # where clouds hand out a machine's own credentials
SHORTEST_PREFIX = 7  # fc00::/7 is the widest private network there is


def unsafe(settings: Settings, host: str = "127.0.0.1") -> Iterator[str]:
    """What is wrong, by the name of the setting, and what to write instead. *host* is where `serve` listens."""
    public = urlsplit(settings.public_base_url)
    is_https = public.scheme == "https"
    if not is_https and not is_loopback(public.hostname or "") and not settings.allow_http:
        yield (
            "PUBLIC_BASE_URL begins with http://, so passwords and comments would travel in the clear. "
            "Put a proxy with TLS in front and write https://, or set ALLOW_HTTP=on on a network of your own."
        )
    if not is_https and is_loopback(public.hostname or "") and not is_loopback(host) and not settings.allow_http:
        yield (
            f"--host {host} lets other machines in, in the clear. Listen on 127.0.0.1 behind a proxy with TLS; in a "
            "container, set PUBLIC_BASE_URL to the https:// address of that proxy."
        )
    if is_https and not settings.trusted_proxies:
        yield (
            "TRUSTED_PROXIES is 0 while PUBLIC_BASE_URL is https://, so a proxy is in front and all would seem to "
            "come from it: one attacker's wrong passwords would slow down all. Set TRUSTED_PROXIES=1."
        )
    if any("*" in name or name == "." for name in settings.trusted_hosts):
        yield "TRUSTED_HOSTS must name each host, or the end of their names as .blog.example; * is not understood."
    for network in settings.webhook_networks:
        if network.prefixlen < SHORTEST_PREFIX or (network.version == METADATA.version and METADATA in network):
            yield (
                f"WEBHOOK_ALLOW_NETWORKS has {network}, by which a webhook's address could reach whatever this machine "
                "can. Name the blog's own network, such as 192.168.1.0/24."
            )
    if settings.metrics_token and settings.metrics_token in settings.secret_key:
        yield "METRICS_TOKEN is the secret key, or a part of it; make another one."


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
