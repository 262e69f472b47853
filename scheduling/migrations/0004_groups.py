"""The groups Viewer, Planner, Manager and Administrator.

They are a start: an installation may change them and add others. So this runs once and only adds; what somebody has
given a group of the same name stays.
"""

from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import migrations

PLANNED = ("schedule", "scheduleassignment")
SEEN_BY_PLANNERS = ("department", "employee", "rule", "shift", "shifttype", "skill")

VIEWER = tuple(f"scheduling.view_{model}" for model in (*SEEN_BY_PLANNERS, *PLANNED, "notification"))
PLANNER = (
    *VIEWER,
    "scheduling.add_schedule",
    "scheduling.change_schedule",
    "scheduling.submit_schedule",
    "scheduling.copy_schedule",
    "scheduling.new_version_schedule",
    "scheduling.add_scheduleassignment",
    "scheduling.change_scheduleassignment",
    "scheduling.delete_scheduleassignment",
    "scheduling.cancel_scheduleassignment",
    "scheduling.reactivate_scheduleassignment",
    "scheduling.import_scheduleassignment",
)
MANAGER = (
    *PLANNER,
    "scheduling.return_schedule",
    "scheduling.approve_schedule",
    "scheduling.publish_schedule",
    "scheduling.archive_schedule",
    "scheduling.change_published_schedule",
    "scheduling.delete_schedule",
    *(f"scheduling.{verb}_{model}" for model in SEEN_BY_PLANNERS for verb in ("add", "change")),
    "scheduling.delete_rule",
    "scheduling.delete_skill",
    "scheduling.add_notification",
    "scheduling.change_notification",
)
GROUPS = {"Viewer": VIEWER, "Planner": PLANNER, "Manager": MANAGER}
WHOLE_APPS = ("scheduling", "caching")
"""An administrator may do everything that is in these."""
USERS = tuple(
    f"auth.{verb}_{model}" for model in ("user", "group") for verb in ("add", "change", "delete", "view")
)


def make_groups(apps, schema_editor):
    using = schema_editor.connection.alias
    create_all_permissions(apps, using)
    for name, codenames in GROUPS.items():
        give(apps, using, name, named(apps, using, codenames))
    permission = apps.get_model("auth", "Permission")
    whole = permission.objects.using(using).filter(content_type__app_label__in=WHOLE_APPS)
    give(apps, using, "Administrator", [*whole, *named(apps, using, USERS)])


def create_all_permissions(apps, using):
    """Create what Django creates after the last migration only: on a new database there is none yet."""
    for label in ("auth", *WHOLE_APPS):
        config = apps.get_app_config(label)
        module = getattr(config, "models_module", None)
        # The apps of a migration have models and no module of them, which is where Django looks first.
        config.models_module = module or True
        create_contenttypes(config, apps=apps, using=using, verbosity=0)
        create_permissions(config, apps=apps, using=using, verbosity=0)
        config.models_module = module


def named(apps, using, codenames):
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    rows = permissions.filter(codename__in=[name.partition(".")[2] for name in codenames])
    by_name = {f"{row.content_type.app_label}.{row.codename}": row for row in rows.select_related("content_type")}
    return [by_name[name] for name in codenames]


def give(apps, using, name, permissions):
    group, _ = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=name)
    group.permissions.add(*permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0003_versions_and_permissions"),
        ("caching", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    # Not taken away when it is reversed: the groups have members by then.
    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
