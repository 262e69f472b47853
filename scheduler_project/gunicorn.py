"""Settings of gunicorn, for `make serve`: gunicorn -c scheduler_project/gunicorn.py"""

from scheduler_project.environment import env

wsgi_app = "scheduler_project.wsgi:application"
port = env.str("PORT", default="8000")
bind = [port if ":" in port else f"127.0.0.1:{port}"]
workers = env.int("WEB_CONCURRENCY", default=2)
# Each worker opens its own connections and maps the shared file itself.
preload_app = False
timeout = 60  # seconds; an import of a large file is one request
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
