"""Permissions for the hourly rate and the phone number, which were part of those for the whole employee.

Managers keep both. Planners may see phone numbers, because they call people, but no longer rates; viewers see neither.
Groups of other names get nothing: whoever made them decides.
"""

from importlib import import_module

from django.db import migrations

BOTH = (
    "scheduling.view_hourly_rate",
    "scheduling.change_hourly_rate",
    "scheduling.view_phone",
    "scheduling.change_phone",
)
GROUPS = {"Planner": ("scheduling.view_phone",), "Manager": BOTH, "Administrator": BOTH}


def give_to_groups(apps, schema_editor):
    give_to_existing(apps, schema_editor, GROUPS)


def give_to_existing(apps, schema_editor, permissions):
    """Give groups, by name, more permissions. A group that somebody has renamed or deleted is not made again."""
    groups = import_module("scheduling.migrations.0004_groups")
    using = schema_editor.connection.alias
    groups.create_all_permissions(apps, using)
    existing = apps.get_model("auth", "Group").objects.using(using).filter(name__in=permissions)
    for name in existing.values_list("name", flat=True):
        groups.give(apps, using, name, groups.named(apps, using, permissions[name]))


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0006_plain_words"), ("caching", "0001_initial")]
    # Not taken away when it is reversed: the groups have members by then.
    operations = [
        migrations.AlterModelOptions(
            name="employee",
            options={
                "ordering": ["last_name", "first_name", "id"],
                "permissions": [
                    ("view_hourly_rate", "Can view hourly rates"),
                    ("change_hourly_rate", "Can change hourly rates"),
                    ("view_phone", "Can view phone numbers"),
                    ("change_phone", "Can change phone numbers"),
                ],
                "verbose_name": "employee",
                "verbose_name_plural": "employees",
            },
        ),
        migrations.RunPython(give_to_groups, migrations.RunPython.noop),
    ]
