"""Pages that show what an action will do, and do it once they are submitted: for one row or for many."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.functional import Promise

from scheduling.admin.plan.confirmation import Sentences, Warnings
from scheduling.models import Schedule, ScheduleAssignment
from scheduling.workflow.proposals import Proposal

SUBMIT_NAME = "carry_out"
"""The name of the button, by which the page's own form is told from that of the list that led to it."""
STATE = "state"
"""The field that says what the page has shown, so that nothing is done to a plan that nobody has seen."""


def is_confirmed(request: HttpRequest, proposal: Proposal, rows: Sequence[Model] = ()) -> bool:
    """Whether the page was submitted, nothing prevents the action, and it shows the plan and the warnings of now."""
    return (
        _is_submitted(request)
        and not proposal.errors
        and Warnings(proposal.warnings).are_confirmed(request.POST)
        and not _is_outdated(request, rows, proposal)
    )


def _is_submitted(request: HttpRequest) -> bool:
    return request.method == "POST" and SUBMIT_NAME in request.POST


def _is_outdated(request: HttpRequest, rows: Sequence[Model], proposal: Proposal) -> bool:
    """Whether the rows, or what would be done to them, have changed since the page was shown."""
    sent = request.POST.get(STATE)
    return _is_submitted(request) and sent is not None and sent != _state_of(rows, proposal)


def _state_of(rows: Sequence[Model], proposal: Proposal) -> str:
    """Return what stands for the rows, the assignments of those that are schedules, and what is said about them."""
    assignments = ScheduleAssignment.objects.filter(schedule__in=[row.pk for row in rows if isinstance(row, Schedule)])
    names = [field.attname for field in ScheduleAssignment._meta.concrete_fields if field.name != "updated_at"]
    values = [
        [[getattr(row, field.attname) for field in row._meta.concrete_fields if field.name != "updated_at"]]
        for row in rows
    ]
    content = (values, list(assignments.order_by("pk").values_list(*names)), proposal.summary, list(proposal.left_out))
    return hashlib.sha256(repr(content).encode()).hexdigest()[:20]


def proposal_page(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    rows: Sequence[Model],
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
        "is_outdated": _is_outdated(request, rows, proposal),
        "state_name": STATE,
        "state": _state_of(rows, proposal),
        "submit_name": SUBMIT_NAME,
        "action": request.POST.get("action", ""),
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back": back,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "scheduling/proposal.html", context)
