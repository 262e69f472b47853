"""Viewers and planners read their own notifications, which takes no permission, and no longer everybody's."""

from django.db import migrations

OWN_ONLY = ("Viewer", "Planner")


def take_the_others_away(apps, schema_editor):
    using = schema_editor.connection.alias
    given = apps.get_model("auth", "Group").permissions.through.objects.using(using)
    given.filter(
        group__name__in=OWN_ONLY,
        permission__codename="view_notification",
        permission__content_type__app_label="scheduling",
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0004_groups")]
    # Not given back when it is reversed: somebody may have decided so meanwhile.
    operations = [migrations.RunPython(take_the_others_away, migrations.RunPython.noop)]
