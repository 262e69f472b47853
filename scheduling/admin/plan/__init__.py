"""The pages on which a week is planned: forms that ask the policy, tables of who works when, and workflow actions.

access.py             who may change which schedule, and the sentence that says why not
days.py               the days that a page can show, and the one that it shows
staffing.py           how many people a shift has of those that it needs
week_table.py         a week at a glance: shifts by day with the people who work them
filters.py            list filters by week, shift type, version and staffing
confirmation.py       warnings of the policy that a user confirms before anything is saved
assignment_forms.py   the form of one assignment, and of one row among many
formsets.py           the assignments of a schedule or shift, checked together
pages.py              what the pages of schedules, shifts and assignments have in common
proposal_pages.py     pages that show what an action will do and ask before it is done
workflow_pages.py     submit, approve, publish, archive, copy, new version: as buttons and list actions
selected_imports.py   the import of assignments for selected employees or shifts
"""
