"""Pages that edit rows, on which no change of a colleague is undone: what all of them have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import IntegrityError, router, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from scheduling.admin.shared.compared_forms import DECISION, ComparedForm
from scheduling.admin.shared.comparison import GONE, THEIRS
from scheduling.admin.shared.ended_sessions import take_up
from scheduling.admin.shared.shown import ShownPage, key_of, page_sent
from scheduling.admin.shared.users import user_id
from scheduling.admin.shared.writers import last_writer
from scheduling.models.constraints import reason_of


class RowPagesMixin(admin.ModelAdmin):
    """Compares each row with what its page has shown, in the transaction that locks and writes it.

    Nothing that was typed is lost when something is refused: not when the database refuses it, nor when the row is gone
    or the session has ended.
    """

    form = ComparedForm

    class Media:
        css = {"all": ["scheduling/conflict.css"]}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if sentence := take_up(request):
            _refuse(request, sentence)
        page = page_sent(request)  # begins now: what someone else changes from here on, the page may not show
        request._began = timezone.now()  # type: ignore[attr-defined]
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        if object_id is None and page.only_row_of(self.model) and request.POST.get(DECISION) == f"{THEIRS}-{GONE}":
            return HttpResponseRedirect(self._list_url())
        with transaction.atomic(router.db_for_write(self.model)):
            if object_id and (answer := self.answer_before(request, unquote(object_id))):
                return answer
            return self._save(request, object_id, form_url, extra_context)

    def answer_before(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Answer a submitted form before its row is read, or lock what has to be locked before the row."""
        return None

    def _save(self, request: HttpRequest, *args: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args)
        except IntegrityError:
            # Someone else saved between our check and our write. Their row is there now, so a second check finds it,
            # says so beside our row, and keeps what was typed.
            pass
        try:
            return super().changeform_view(request, *args)
        except IntegrityError as error:
            _refuse(request, self.reason_of(error))
        return super().changeform_view(request, *args)

    def reason_of(self, error: IntegrityError) -> str:
        """Return in words why the database has refused a row."""
        return reason_of(error, self.model)

    # -- the row and its form ----------------------------------------------------------------------------------------

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the row; lock it if the request is about to change it."""
        row: Any = super().get_object(request, object_id, from_field)
        connection = transaction.get_connection(router.db_for_write(self.model))
        about_to_change = row is not None and request.method == "POST" and connection.in_atomic_block
        if about_to_change and connection.features.has_select_for_update:
            # Read once more: it may have changed while this transaction waited for the lock.
            rows = self.get_queryset(request).using(connection.alias).select_for_update(of=("self",))
            return rows.filter(pk=row.pk).first()
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        page = page_sent(request)
        form.page, form.reader, form.refusal = page, user_id(request), refusal(request)
        form.gone_pk = page.only_row_of(self.model) if obj is None else None
        return form

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Offer to add what was typed as a new row, if someone else has deleted the row in the meantime."""
        page = page_sent(request)
        if request.method != "POST" or page.of(self.model, object_id) is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]
        if request.POST.get(DECISION) != f"{THEIRS}-{GONE}" and self.can_add_again(request):
            add = reverse(f"admin:{opts.app_label}_{opts.model_name}_add", current_app=self.admin_site.name)
            return self._changeform_view(request, None, add, None)  # type: ignore[attr-defined]
        text = gettext("Nothing was saved: this row was deleted meanwhile by %(who)s.")
        who = last_writer(self.model, object_id, page.at, user_id(request))
        messages.warning(request, " ".join(filter(None, [text % {"who": who}, self.typed_in_words(request)])))
        return HttpResponseRedirect(self._list_url())

    def _list_url(self) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"
        return reverse(name, current_app=self.admin_site.name)

    def can_add_again(self, request: HttpRequest) -> bool:
        """Whether the form of a new row takes what the form of a deleted one held."""
        return self.has_add_permission(request)

    def typed_in_words(self, request: HttpRequest) -> str:
        """Return what was typed into a form that cannot be shown any more."""
        return ""

    # -- what is written ---------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave a row alone that was not touched, also its time of the last change."""
        if not change or form.has_changed():
            super().save_model(request, obj, form, change)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        """Write into the history what was changed, and nothing if nothing was."""
        return super().log_change(request, obj, message) if message else None

    # -- what is shown -----------------------------------------------------------------------------------------------

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        form = context["adminform"].form
        formsets = [inline.formset for inline in context["inline_admin_formsets"]]
        compared = [each for each in (form, *(row for rows in formsets for row in rows)) if hasattr(each, "to_show")]
        for rows in formsets:
            self.say_what_disappeared(request, rows)
        if kwargs.get("add") or self.has_change_permission(request, context["original"]):
            sent = page_sent(request)
            # What is shown from now on is of now; an open question is still about the page that was sent.
            asks, began = any(each.asks for each in compared), getattr(request, "_began", sent.at)
            page = ShownPage(user=user_id(request), at=sent.at if asks else began, rows=dict(_rows(compared)))
            context["shown"], context["typed"] = page.signed(), form.is_bound
            context["answers"] = [answer for each in compared for answer in each.answers()]
        return super().render_change_form(request, context, *args, **kwargs)

    def say_what_disappeared(self, request: HttpRequest, formset: Any) -> None:
        for sentence in getattr(formset, "disappeared", ()):
            messages.warning(request, sentence)


def _rows(compared: list[ComparedForm]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for form in compared:
        values = form.to_show()
        if values is not None:
            yield key_of(form._meta.model, form.row_pk), values


def refusal(request: HttpRequest) -> str:
    """Return why the form of this request saves nothing; "" if it may."""
    return getattr(request, "_refusal", "")


def _refuse(request: HttpRequest, sentence: str) -> None:
    """Let the form of this request save nothing, whatever it holds, and say why."""
    request._refusal = sentence  # type: ignore[attr-defined]
