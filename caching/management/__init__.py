"""STEERING: ``manage.py cache``.

subcommands  stats, clear and drain, one class in one file each
commands     the command itself, as Django finds it
"""
