import os

from django.core.wsgi import get_wsgi_application

from scheduler_project.environment import env
from scheduler_project.queueing import Queued

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler_project.settings")

application = Queued(get_wsgi_application(), threads=env.int("WEB_THREADS", default=2))
