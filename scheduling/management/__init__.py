"""What is done from a terminal.

commands  manage.py demo and manage.py import_csv
"""
