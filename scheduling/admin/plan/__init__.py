"""The pages on which a week is planned: forms that ask the policy, tables of who works when, and workflow actions.

access                who may change which schedule, and the sentence that says why not
days                  the days that a page can show, and the one that it shows
staffing              how many people a shift has of those that it needs
week_table            a week at a glance: shifts by day with the people who work them
filters               list filters by week, shift type, version and staffing
confirmation          warnings of the policy that a user confirms before anything is saved
assignment_forms      the form of one assignment, and of one row among many
formsets              the assignments of a schedule or shift, checked together
typed_rows            what was typed into a page whose plan cannot be changed any more
pages                 what the pages of schedules, shifts and assignments have in common
proposal_pages        pages that show what an action will do and ask before it is done
workflow_pages        submit, approve, publish, archive, copy, new version: as buttons and list actions
selected_imports      the import of assignments for selected employees or shifts
"""
