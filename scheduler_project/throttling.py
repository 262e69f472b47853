"""What django-axes asks us about failed logins: whose they are, and the page of a lockout."""

import ipaddress
from typing import Any

from axes.backends import AxesStandaloneBackend
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Whoever has one address of a network of this size has all of them, and would get a new count with each.
IPV6_PREFIX = 64


class ThrottlingBackend(AxesStandaloneBackend):
    """Refuses to try a password during a lockout; the next backend tries it otherwise."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> AbstractBaseUser | None:
        # Without a request nobody guesses: it is code that asks, such as `Client.login()` of a test.
        return None if request is None else super().authenticate(request, username, password, **kwargs)


def client_address(request: HttpRequest) -> str | None:
    """Return the address to count by: of an IPv6 client its network. None where there is none, as on a Unix socket.

    Behind a trusted proxy it is the last one in X-Forwarded-For that is no trusted proxy itself: each appends whom it
    was asked by, and what stands to the left of that the client may have made up.
    """
    peer = request.META.get("REMOTE_ADDR", "")
    if not _is_trusted(peer):
        return _counted(peer)
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    hops = (hop.strip() for hop in reversed(forwarded))
    client = next((hop for hop in hops if "*" in settings.TRUSTED_PROXIES or not _is_trusted(hop)), peer)
    return _counted(client) or _counted(peer)


def _is_trusted(address: str) -> bool:
    """Say whether it is one of TRUSTED_PROXIES: addresses, networks or "*", as gunicorn reads FORWARDED_ALLOW_IPS."""
    if not address:  # a Unix socket: only who may open the file is at its other end
        return bool(settings.TRUSTED_PROXIES)
    if "*" in settings.TRUSTED_PROXIES:
        return True
    ip = _parsed(address)
    return ip is not None and any(ip in ipaddress.ip_network(proxy, False) for proxy in settings.TRUSTED_PROXIES)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None


def _counted(address: str) -> str | None:
    ip = _parsed(address)
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ip.ipv4_mapped or ipaddress.ip_network((ip.packed, IPV6_PREFIX), strict=False).network_address)
    return None if ip is None else str(ip)


def locked_out(request: HttpRequest, *about: Any) -> HttpResponse:
    """Answer a login during a lockout. The sentence is the same whether the user exists or not."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    response = render(request, "429.html", {"minutes": seconds // 60}, status=settings.AXES_HTTP_RESPONSE_CODE)
    response["Retry-After"] = str(seconds)
    return response
