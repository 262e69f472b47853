"""Pages that show what an action will do, and do it once they are submitted: for one row or for many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from scheduling.admin.plan.confirmation import Sentences, Warnings
from scheduling.workflow.proposals import Proposal

SUBMIT_NAME = "carry_out"
"""The name of the button, by which the page's own form is told from that of the list that led to it."""


def is_confirmed(request: HttpRequest, proposal: Proposal) -> bool:
    """Whether the page was submitted, nothing prevents the action, and its present warnings were confirmed."""
    return (
        request.method == "POST"
        and SUBMIT_NAME in request.POST
        and not proposal.errors
        and Warnings(proposal.warnings).are_confirmed(request.POST)
    )


def proposal_page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    rows: Iterable[Model],
    proposal: Proposal,
    label: Promise | str,
    back: str,
) -> TemplateResponse:
    """Return the page that shows the proposal. `back` is the address that it leads back to."""
    context = {
        **model_admin.admin_site.each_context(request),
        "title": label,
        "opts": model_admin.opts,
        "rows": rows,
        "proposal": proposal,
        "errors_of_plan": Sentences(proposal.errors),
        "left_out": Sentences(proposal.left_out),
        "warnings": Warnings(proposal.warnings),
        "submit_name": SUBMIT_NAME,
        "action": request.POST.get("action", ""),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back": back,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "scheduling/proposal.html", context)
