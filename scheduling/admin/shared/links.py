"""Addresses of the admin's lists."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse


def changelist_url(model: str, **filters: object) -> str:
    """Return the address of the list of a model of this app, filtered by lookups."""
    return f"{reverse(f'admin:scheduling_{model}_changelist')}?{urlencode(filters)}"
