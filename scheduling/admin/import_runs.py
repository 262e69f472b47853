"""Imports: who imported which file when, what came of it, the file itself, and its undo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import label_for_field
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from scheduling.imports.background.watching import cancel, end_dead_runs, look
from scheduling.imports.engine.import_kind import ImportKind
from scheduling.imports.engine.problems import FileError
from scheduling.imports.engine.recording import READ_AS
from scheduling.imports.kinds import KINDS
from scheduling.imports.past_runs import has_left_out_rows, left_out_rows, mended_for, problems_for
from scheduling.imports.previews import as_download
from scheduling.imports.undo_runs import UndoResult, undo_run
from scheduling.models import ImportRun
from scheduling.models.guarded import AnyUser, closed_to, hidden_from

COUNTS = ("new", "updated", "deleted", "unchanged", "skipped", "refused")
MEASURED = ("queries", "seconds", "looked_up")
MAX_LEFT, MAX_SHOWN = 100, 1000
OPTIONS = {
    "encoding": _("encoding"),
    "sheet": _("sheet"),
    "date_order": _("order of dates"),
    "columns": _("columns chosen by hand"),
    "valid_only": _("only the valid rows"),
}


def kinds_of(user: AnyUser) -> list[str]:
    """Return the kinds of files that a user may import, and whose runs the user sees."""
    return [name for name, resource in KINDS.items() if _may_import(user, resource.kind)]


def _may_import(user: AnyUser, kind: ImportKind) -> bool:
    meta = kind.model._meta
    return user.has_perms([f"{meta.app_label}.{verb}_{meta.model_name}" for verb in ("add", "change")])  # type: ignore[union-attr]


class KindFilter(admin.SimpleListFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, capfirst(KINDS[name].kind.label)) for name in kinds_of(request.user)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ImportRun]) -> QuerySet[ImportRun]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(ImportRun)
class ImportRunAdmin(admin.ModelAdmin):
    """Who may import files of a kind sees the runs of it. Nobody changes them."""

    list_display = ["created_at", "kind_of_file", "file_name", "outcome", "who", "rows"]
    list_display_links = ["created_at", "file_name"]
    list_filter = [KindFilter, "outcome", ("user", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["file_name", "digest"]
    date_hierarchy = "created_at"
    change_form_template = "scheduling/import_run.html"
    fields = [
        ("kind_of_file", "file_name", "outcome"),
        ("who", "created_at", "started_at", "finished_at", "cancelled_by"),
        COUNTS,
        MEASURED,
        "chosen",
        "digest",
    ]

    # -- who may do what ---------------------------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return bool(kinds := kinds_of(request.user)) and (obj is None or obj.kind in kinds)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ImportRun | None = None) -> bool:
        return False

    has_delete_permission = has_change_permission

    def has_file_permission(self, request: HttpRequest, run: ImportRun) -> bool:
        """Whether the user may have the file: it can have columns that are hidden from some who may import others."""
        return self.has_view_permission(request, run) and not hidden_from(request.user, KINDS[run.kind].kind.model)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        """Leave out the files, which may have megabytes, and in the list what it does not show."""
        runs = super().get_queryset(request).filter(kind__in=kinds_of(request.user))
        is_list = request.path == reverse("admin:scheduling_importrun_changelist", current_app=self.admin_site.name)
        others = ("options", "problems", "log") if is_list else ()
        return runs.defer("file", "changes", *others).select_related("user")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the run with how far it is. If its process is dead, it says so."""
        run: Any = super().get_object(request, object_id, from_field)
        if run is not None:
            run.progress_shown = look(run)
        return run

    def get_fields(self, request: HttpRequest, obj: ImportRun | None = None) -> list[Any]:
        """Leave out the counts of a run that has not counted yet."""
        if obj is None or obj.outcome != ImportRun.Outcome.RUNNING:
            return list(self.fields)
        return [names for names in self.fields if names not in (COUNTS, MEASURED)]

    @admin.display(description=_("kind"), ordering="kind")
    def kind_of_file(self, run: ImportRun) -> str:
        return capfirst(KINDS[run.kind].kind.label)

    @admin.display(description=_("user"), ordering="user__username")
    def who(self, run: ImportRun) -> str:
        return str(run.user) if run.user else str(_("command line"))

    @admin.display(description=_("rows"))
    def rows(self, run: ImportRun) -> str:
        counts = {label_for_field(name, ImportRun): getattr(run, name) for name in COUNTS if getattr(run, name)}
        said = [f"{number_format(count, force_grouping=True)} {label}" for label, count in counts.items()]
        return ", ".join(said) or self.get_empty_value_display()

    @admin.display(description=_("look-ups"))
    def looked_up(self, run: ImportRun) -> str:
        return ", ".join(f"{tier} {count}" for tier, count in run.lookups.items()) or self.get_empty_value_display()

    @admin.display(description=_("options"))
    def chosen(self, run: ImportRun) -> str:
        said = [f"{title}{_in_words(run.options[name])}" for name, title in OPTIONS.items() if name in run.options]
        return ", ".join(said) or self.get_empty_value_display()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Say of no run that it is running if its process is dead."""
        end_dead_runs(kinds_of(request.user))
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        run = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if run is not None:
            context = {
                "run": run,
                "may_download": self.has_file_permission(request, run) and _has(run, "file"),
                "problems": (problems := list(problems_for(request.user, run)))[:MAX_SHOWN],
                "more_problems": max(0, len(problems) - MAX_SHOWN),
                "has_refused_rows": has_left_out_rows(run),
                "mended": (mended := list(mended_for(request.user, run)))[:MAX_SHOWN],
                "more_mended": max(0, len(mended) - MAX_SHOWN),
                "columns": {header: name for header, name in run.options.get(READ_AS, {}).items() if header != name},
                "may_undo": run.outcome in ImportRun.IN_PLACE and _has(run, "changes"),
                "undos": run.undos.defer("file", "changes"),
                "progress": run.progress_shown,
            }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    # -- the file, and the undo ----------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<str:object_id>/{name}/",
                self.admin_site.admin_view(getattr(self, f"{name}_view")),
                name=f"scheduling_importrun_{name}",
            )
            for name in ("cancel", "file", "refused", "undo")
        ]
        return [*pages, *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the file as it was uploaded."""
        run = self.get_object(request, object_id)
        if run is None or not run.file:
            raise Http404
        if not self.has_file_permission(request, run):
            raise PermissionDenied
        name = run.file_name or f"{run.pk}"
        # Whatever it is called, a browser saves it and does not show it.
        headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name)}
        return HttpResponse(bytes(run.file), content_type="application/octet-stream", headers=headers)

    def refused_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the rows that an import has left out, to be mended and uploaded, with the reasons in a column."""
        run = self.get_object(request, object_id)
        if run is None or not run.file or not has_left_out_rows(run):
            raise Http404
        if not self.has_file_permission(request, run):
            raise PermissionDenied
        try:
            return as_download(left_out_rows(run))
        except FileError as error:
            raise Http404 from error

    @method_decorator(require_POST)
    def cancel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the process of a run to stop. Who may import the kind may cancel it."""
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        # Of one that runs no message: on SQLite, to store it would wait for the import. The page says it.
        if not cancel(run, request.user):
            self.message_user(request, _("It was too late to cancel this import: it has ended."), messages.WARNING)
        return HttpResponseRedirect(self._page_of(run.pk))

    def undo_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what an undo would do, and do it once that is confirmed. Who may import the kind may undo it."""
        run = self.get_object(request, object_id)
        if run is None:
            raise Http404
        closed = closed_to(request.user, KINDS[run.kind].kind.model)
        confirmed = request.method == "POST"
        try:
            result = undo_run(run.pk, user=request.user, closed=closed, dry_run=not confirmed)
        except FileError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(self._page_of(run.pk))
        if not confirmed:
            return self._confirmation(request, run, result)
        log_undo(request, result)
        done = messages.SUCCESS if result.run is not None else messages.WARNING
        self.message_user(request, result.summary, done)
        return HttpResponseRedirect(self._page_of(result.run.pk if result.run is not None else run.pk))

    def _confirmation(self, request: HttpRequest, run: ImportRun, result: UndoResult) -> TemplateResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Undo the import"),
            "subtitle": str(run),
            "opts": self.opts,
            "run": run,
            "result": result,
            "left": result.left[:MAX_LEFT],
            "more": max(0, len(result.left) - MAX_LEFT),
            "changes_something": bool(result.restored or result.deleted or result.deleted_besides),
        }
        return TemplateResponse(request, "scheduling/import_undo.html", context)

    def _page_of(self, key: UUID) -> str:
        return reverse("admin:scheduling_importrun_change", args=[key], current_app=self.admin_site.name)


def log_undo(request: HttpRequest, result: UndoResult) -> None:
    """Write an entry in the history for each row. A handful of queries."""
    for rows, flag in ((result.restored, CHANGE), (result.deleted, DELETION)):
        if not rows:
            continue
        relations = [field.name for field in rows[0]._meta.concrete_fields if field.is_relation]
        prefetch_related_objects(rows, *relations)
        content_type = ContentType.objects.get_for_model(rows[0])
        LogEntry.objects.bulk_create(
            LogEntry(
                user=request.user,  # type: ignore[misc]
                content_type_id=content_type.pk,
                object_id=str(row.pk),
                object_repr=str(row)[:200],
                action_flag=flag,
                change_message=gettext("Import undone."),
            )
            for row in rows
        )


def _has(run: ImportRun, field: str) -> bool:
    return ImportRun.objects.filter(pk=run.pk).exclude(**{field: b""}).exists()


def _in_words(value: Any) -> str:
    """Return the value of an option, to go behind its title. Of one that is only on or off the title says all."""
    if value is True:
        return ""
    said = (
        ", ".join(f"{name} → {field or gettext('left out')}" for name, field in value.items())
        if isinstance(value, dict)
        else value
    )
    return f": {said}"
