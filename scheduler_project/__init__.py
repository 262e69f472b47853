"""The project: settings, URLs, and what a deployment needs around the applications.

environment     settings from the environment and from var/env
databases       the forms of DATABASE_URL
settings        the settings of Django
formats         how dates are written and read in each language
form_rendering  widgets of forms, written without templates
headers         the security headers of every answer
throttling      whose failed logins are counted together, and the page of a lockout
health          whether the process answers, for a load balancer
urls            the URLs
gunicorn        the settings of the web server
workers         the worker of the web server: threads that wait for clients
queueing        a few threads that answer what many clients ask
asgi, wsgi      the entry points of servers
"""
