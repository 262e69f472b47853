"""The logs of gunicorn, access and errors, with the lines of `logs`."""

from typing import Any

from gunicorn.glogging import Logger

from scheduler_project.logs import LineFormatter


class ServerLogger(Logger):
    """What gunicorn writes, escaped: it decodes a path, so that %0A in it would begin a line."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in (*self.error_log.handlers, *self.access_log.handlers):
            given = handler.formatter
            if given is not None:
                handler.setFormatter(LineFormatter(given._fmt, given.datefmt))
