"""Files as a hotel group would bring them, invented by a seeded generator: nobody in them exists.

departments.csv   a tree of 40, parents before children
employees.csv     1,000 people; skills separated by "|"
shift_types.csv   the kinds of shifts
shifts.csv        12 shifts, two of them over midnight
schedules.csv     the first week of each department, some of them waiting for approval
assignments.csv   5,000 assignments; the schedule is that of the department and of the week of the date
rules.csv         5 rules, none of them strict

vocabulary  what the generator draws from
generate    `python -m scheduling.samples.generate` writes the files again, byte for byte
weeks       moves the plan to the present week, as `make demo` imports it; the files stay as they are
"""

from pathlib import Path

SAMPLES_DIR = Path(__file__).resolve().parent
