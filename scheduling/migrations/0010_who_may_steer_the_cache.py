"""Permissions for the page of the cache: managers see it, administrators also clear, warm and verify.

Groups of other names get nothing: whoever made them decides.
"""

from importlib import import_module

from django.db import migrations

SEE = ("caching.view_cache_stats",)
GROUPS = {"Manager": SEE, "Administrator": (*SEE, "caching.clear_cache", "caching.warm_cache")}


def give_to_groups(apps, schema_editor):
    import_module("scheduling.migrations.0007_guarded_fields").give_to_existing(apps, schema_editor, GROUPS)


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0009_years_of_dates"), ("caching", "0002_samples")]
    # Not taken away when it is reversed: the groups have members by then.
    operations = [migrations.RunPython(give_to_groups, migrations.RunPython.noop)]
