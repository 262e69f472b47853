"""How dates are written and read, where the project differs from Django.

en  in English
"""
