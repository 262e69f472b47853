"""What gunicorn writes by itself; ``test_gunicorn.py`` has the lines of a real one."""

import logging

from gunicorn.config import Config

from scheduler_project.logs import LineFormatter
from scheduler_project.server_logs import ServerLogger


class ServerLoggerTests:
    def test_every_handler_escapes(self) -> None:
        config = Config()
        config.set("accesslog", "-")
        config.set("logger_class", "scheduler_project.server_logs.ServerLogger")

        logger = ServerLogger(config)

        handlers = [*logger.error_log.handlers, *logger.access_log.handlers]
        record = logging.makeLogRecord({"msg": "Invalid request: \n\x1b", "levelname": "WARNING"})
        assert handlers
        for handler in handlers:
            assert isinstance(handler.formatter, LineFormatter)
            assert handler.formatter.format(record).endswith("Invalid request: \\n\\x1b")
