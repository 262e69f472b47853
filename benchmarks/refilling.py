"""Settings of the project in which the writer of an employee loads the row anew for all processes."""

from scheduler_project.settings import *  # noqa: F403
from scheduler_project.settings import CACHING as _CACHING

CACHING = {**_CACHING, "REFILL": {"employee": True}}
