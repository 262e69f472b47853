"""Export of the admin's lists to CSV and XLSX files, which a spreadsheet may open and the import reads back unchanged.

In the order of reading:

cells     texts that a spreadsheet would compute, and how a CSV file marks them
formats   the two file formats
pages     the export page of the admin
"""
