"""Where the project lives and what the environment says, for settings.py and gunicorn.py alike.

`var/env` (written by `make demo`) is read here, once; a real environment variable wins over a line of that file.
"""

import contextlib
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# A checkout that cannot be written is fine as long as DATABASE_URL and CACHE_DIRECTORY point elsewhere;
# where they do not, whoever opens the file says so.
with contextlib.suppress(OSError):
    VAR_DIR.mkdir(mode=0o700, exist_ok=True)

env = environ.Env()
if (VAR_DIR / "env").is_file():
    env.read_env(VAR_DIR / "env", overwrite=False)
