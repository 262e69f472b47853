"""The commands as Django finds them.

cache  manage.py cache: look at the cache of every process of the host, and clear it
"""
