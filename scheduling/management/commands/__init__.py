"""The commands as Django finds them.

import_csv  import a CSV or XLSX file
demo        set everything up, import the sample files and show what the cache does
"""
