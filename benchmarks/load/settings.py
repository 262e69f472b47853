"""Settings of the project, with the collected static files in a folder of the benchmark."""

import os

from scheduler_project.settings import *  # noqa: F403

# Logins are not what is measured, and the real hash takes a second of a processor for each.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = os.environ["LOAD_STATIC_ROOT"]
