"""English.

formats  dates as 2026-11-30
"""
