"""The project: settings, URLs, and what a deployment needs around the applications.

environment     settings from the environment and from var/env
databases       the forms of DATABASE_URL
settings        the settings of Django
formats         how dates are written and read in each language
form_rendering  widgets of forms, written without templates
headers         the security headers of every answer
login           the form of a login, with bounded lengths
admin_site      the site of the admin, which reads addresses and forms with care
apps            the application of that site
readable        what no database can hold is refused
throttling      whose failed logins are counted together, and the page of a lockout
health          whether the process answers, for a load balancer
urls            the URLs
logs            entries of a log that nobody can forge
server_logs     the same for the logs of gunicorn
gunicorn        the settings of the web server
workers         the worker of the web server: threads that wait for clients
queueing        a few threads that answer what many clients ask
asgi, wsgi      the entry points of servers
"""
