"""Settings of the project, with the collected static files in a folder of the benchmark."""

import os

from scheduler_project.settings import *  # noqa: F403

STATIC_ROOT = os.environ["LOAD_STATIC_ROOT"]
