"""The commands as Django finds them.

import_csv      import a CSV or XLSX file
import_run      import an upload of the admin outside of a request, as the admin does with long ones
delete_uploads  delete the uploads that nobody has confirmed for a day
demo            set everything up, import the sample files and show what the cache does
"""
