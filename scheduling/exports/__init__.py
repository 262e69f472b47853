"""Rows of the admin's lists -> CSV and XLSX files that a spreadsheet may open and the import takes back unchanged.

cells.py     what no spreadsheet may take for a formula, and how a CSV file says so
formats.py   the two formats
admin.py     the export page
"""
