"""Pages that say what an act will do, and do it when they are sent: for a row or for many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from scheduling.admin.confirmation import Sentences, Warnings
from scheduling.workflow.proposals import Proposal

SENT = "carry_out"


def is_wanted(request: HttpRequest, proposal: Proposal) -> bool:
    """Whether the page was sent, nothing stands in the way, and the warnings of this very moment were confirmed."""
    return (
        request.method == "POST"
        and SENT in request.POST
        and not proposal.errors
        and Warnings(proposal.warnings).are_confirmed(request.POST)
    )


def user_id(request: HttpRequest) -> int:
    """Return the key of the user, who is logged in on every page of the admin."""
    return int(request.user.pk or 0)


def page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    rows: Iterable[Model],
    proposal: Proposal,
    label: Promise | str,
    back: str,
) -> TemplateResponse:
    """Return the page that shows the proposal. `back` is where it leads when nothing is to be done."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": label,
        "opts": model_admin.opts,
        "rows": rows,
        "proposal": proposal,
        "errors_of_plan": Sentences(proposal.errors),
        "left_out": Sentences(proposal.left_out),
        "warnings": Warnings(proposal.warnings),
        "sent": SENT,
        "action": request.POST.get("action", ""),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back": back,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "scheduling/act.html", context)
