"""Texts of fields and constraints in plain English. No SQL."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scheduling', '0005_own_notifications'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='employee',
            name='max_hours_per_week',
            field=models.PositiveSmallIntegerField(default=40, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(168)], verbose_name='maximum hours per week'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='link',
            field=models.CharField(blank=True, max_length=500, validators=[django.core.validators.RegexValidator('^(/(?!/)|https?://)\\S*\\Z', 'Enter a path on this site, such as /admin/, or a web address.')], verbose_name='link'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='priority',
            field=models.PositiveSmallIntegerField(default=5, help_text='10 is the most urgent.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='priority'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='parameters',
            field=models.JSONField(blank=True, default=dict, help_text='Depends on the kind of rule, for example {"max_days": 6}.', verbose_name='parameters'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='priority',
            field=models.PositiveSmallIntegerField(default=5, help_text='Where two limits of the same kind and scope differ, the one with the higher priority applies.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='priority'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='scope',
            field=models.CharField(choices=[('global', 'everyone'), ('department', 'a department'), ('employee', 'an employee')], default='global', max_length=16, verbose_name='applies to'),
        ),
        migrations.AlterField(
            model_name='rule',
            name='strict',
            field=models.BooleanField(default=False, help_text='Breaking a strict rule is an error, breaking any other rule is a warning.', verbose_name='strict'),
        ),
        migrations.AlterField(
            model_name='schedule',
            name='week_end',
            field=models.DateField(blank=True, help_text='The Sunday. Filled in if left empty.', verbose_name='week end'),
        ),
        migrations.AlterField(
            model_name='schedule',
            name='week_start',
            field=models.DateField(help_text='Must be a Monday.', verbose_name='week start'),
        ),
        migrations.AlterField(
            model_name='scheduleassignment',
            name='superseded',
            field=models.BooleanField(default=False, editable=False, help_text='A newer version of the schedule has replaced it, so it no longer counts.', verbose_name='superseded'),
        ),
        migrations.AlterField(
            model_name='shift',
            name='break_minutes',
            field=models.PositiveSmallIntegerField(default=0, verbose_name='break (minutes)'),
        ),
        migrations.AlterField(
            model_name='shift',
            name='department',
            field=models.ForeignKey(blank=True, help_text='Leave empty for any department.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='scheduling.department', verbose_name='department'),
        ),
        migrations.AlterField(
            model_name='shift',
            name='end_time',
            field=models.TimeField(help_text='If it is before the start, the shift ends on the next day.', verbose_name='end'),
        ),
        migrations.AlterField(
            model_name='shift',
            name='max_staff',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Leave empty for no limit.', null=True, verbose_name='maximum staff'),
        ),
        migrations.AlterField(
            model_name='shift',
            name='required_skills',
            field=models.ManyToManyField(blank=True, related_name='shifts', to='scheduling.skill', verbose_name='required skills'),
        ),
        migrations.AlterField(
            model_name='shift',
            name='required_staff',
            field=models.PositiveSmallIntegerField(default=1, verbose_name='required staff'),
        ),
        migrations.AlterField(
            model_name='shifttype',
            name='colour',
            field=models.CharField(blank=True, max_length=7, validators=[django.core.validators.RegexValidator('^#[0-9a-fA-F]{6}$', 'Enter a colour as # and six hexadecimal digits, such as #2e7d32.')], verbose_name='colour'),
        ),
        migrations.AlterConstraint(
            model_name='employee',
            name='employee_email_is_lower_case',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='employee_email_is_lower_case', violation_error_message='E-mail addresses must be in lower case.'),
        ),
        migrations.AlterConstraint(
            model_name='employee',
            name='employee_hours_fit_a_week',
            constraint=models.CheckConstraint(condition=models.Q(('max_hours_per_week__range', (1, 168))), name='employee_hours_fit_a_week', violation_error_message='The maximum hours per week must be between 1 and 168.'),
        ),
        migrations.AlterConstraint(
            model_name='employee',
            name='employee_rate_not_negative',
            constraint=models.CheckConstraint(condition=models.Q(('hourly_rate', None), ('hourly_rate__gte', 0), _connector='OR'), name='employee_rate_not_negative', violation_error_message='The hourly rate cannot be negative.'),
        ),
        migrations.AlterConstraint(
            model_name='employee',
            name='employee_leaves_after_arriving',
            constraint=models.CheckConstraint(condition=models.Q(('hire_date', None), ('end_date', None), ('end_date__gte', models.F('hire_date')), _connector='OR'), name='employee_leaves_after_arriving', violation_error_message='The end date cannot be before the hire date.'),
        ),
        migrations.AlterConstraint(
            model_name='notification',
            name='notification_expires_later',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at', None), ('expires_at__gt', models.F('created_at')), _connector='OR'), name='notification_expires_later', violation_error_message='A notification must expire after it is created.'),
        ),
        migrations.AlterConstraint(
            model_name='notification',
            name='notification_priority_1_to_10',
            constraint=models.CheckConstraint(condition=models.Q(('priority__range', (1, 10))), name='notification_priority_1_to_10', violation_error_message='The priority must be between 1 and 10.'),
        ),
        migrations.AlterConstraint(
            model_name='rule',
            name='rule_scope_has_its_subject',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('department', None), ('employee', None), ('scope', 'global')), models.Q(('department__isnull', False), ('employee', None), ('scope', 'department')), models.Q(('department', None), ('employee__isnull', False), ('scope', 'employee')), _connector='OR'), name='rule_scope_has_its_subject', violation_error_message='A rule must name the department or employee that it applies to, and no other.'),
        ),
        migrations.AlterConstraint(
            model_name='rule',
            name='rule_ends_after_start',
            constraint=models.CheckConstraint(condition=models.Q(('effective_from', None), ('effective_until', None), ('effective_until__gte', models.F('effective_from')), _connector='OR'), name='rule_ends_after_start', violation_error_message='A rule cannot end before it starts.'),
        ),
        migrations.AlterConstraint(
            model_name='rule',
            name='rule_priority_1_to_10',
            constraint=models.CheckConstraint(condition=models.Q(('priority__range', (1, 10))), name='rule_priority_1_to_10', violation_error_message='The priority must be between 1 and 10.'),
        ),
        migrations.AlterConstraint(
            model_name='schedule',
            name='schedule_ends_after_start',
            constraint=models.CheckConstraint(condition=models.Q(('week_end__gt', models.F('week_start'))), name='schedule_ends_after_start', violation_error_message='The week must end after it starts.'),
        ),
        migrations.AlterConstraint(
            model_name='schedule',
            name='schedule_version_from_one',
            constraint=models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='schedule_version_from_one', violation_error_message='Versions start at 1.'),
        ),
        migrations.AlterConstraint(
            model_name='scheduleassignment',
            name='assignment_priority_1_to_10',
            constraint=models.CheckConstraint(condition=models.Q(('priority__range', (1, 10))), name='assignment_priority_1_to_10', violation_error_message='The priority must be between 1 and 10.'),
        ),
        migrations.AlterConstraint(
            model_name='shift',
            name='shift_lasts',
            constraint=models.CheckConstraint(condition=models.Q(('start_time', models.F('end_time')), _negated=True), name='shift_lasts', violation_error_message='A shift cannot start and end at the same time.'),
        ),
        migrations.AlterConstraint(
            model_name='shift',
            name='shift_staff_limits_agree',
            constraint=models.CheckConstraint(condition=models.Q(('max_staff', None), ('max_staff__gte', models.F('required_staff')), _connector='OR'), name='shift_staff_limits_agree', violation_error_message='Maximum staff cannot be less than required staff.'),
        ),
    ]
