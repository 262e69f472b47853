"""Hostile input: every address of the site, asked with values that nobody should send.

values       the values: NUL, huge numbers, impossible dates, half an encoding
forms        the fields that a page would send, read off its markup
requests     every address and every value: in the path, in the query string, in the form and in cookies
sending      sends a request, takes back what it has changed, and says what was wrong with the answer
"""
