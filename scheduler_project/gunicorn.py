"""Settings of gunicorn, for `make serve`: gunicorn -c scheduler_project/gunicorn.py"""

import logging
import socket
import struct
from typing import Any

from scheduler_project.environment import env

wsgi_app = "scheduler_project.wsgi:application"
port = env.str("PORT", default="8000")
bind = [port if ":" in port else f"127.0.0.1:{port}"]
workers = env.int("WEB_CONCURRENCY", default=2)
# Each worker opens its own connections and maps the shared file itself.
preload_app = False
# A thread for each client, which waits for what it sends and takes. Those that answer are few: see queueing.py. Threads
# start when they are needed, so 250 cost nothing until somebody opens as many connections.
worker_class = "scheduler_project.workers.PatientWorker"
threads = env.int("WEB_CLIENTS", default=250)
# When every thread waits for a client, further ones are accepted by another worker, or wait to be accepted.
worker_connections = threads + 1
timeout = 60  # seconds without a sign of life from a worker
graceful_timeout = 30
keepalive = 5
accesslog = "-"
# No query string, no referrer and no user: what people search for are names.
access_log_format = '%(h)s %(t)s "%(m)s %(U)s %(H)s" %(s)s %(b)s %(M)sms'
# No path can forge a line.
logger_class = "scheduler_project.server_logs.ServerLogger"
# Read here because gunicorn's own default is fixed before var/env is read.
forwarded_allow_ips = env.str("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1")
# No socket in the home directory: one that all projects of this user would share.
control_socket_disable = True
# A client that sends nothing in the middle of its request for so long, or takes nothing of its answer, is cut off.
idle_seconds = env.int("CLIENT_IDLE_SECONDS", default=30)


def post_worker_init(worker: Any) -> None:
    """Limit how long a client may idle: sockets that are accepted inherit the time-outs of the one that listens."""
    for listener in worker.sockets:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", idle_seconds, 0))
    worker.log.error_log.addFilter(_say_it_in_a_line)


def _say_it_in_a_line(record: logging.LogRecord) -> bool:
    """Log a client that was cut off as one line: an attacker could fill the disk with tracebacks."""
    if record.exc_info and isinstance(record.exc_info[1], BlockingIOError):
        record.msg, record.args, record.exc_info = "A client was idle for %s s.", (idle_seconds,), None
    return True
