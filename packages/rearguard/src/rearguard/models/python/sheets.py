"""Sheets: csv of the standard library, tablib, unicodecsv.

https://docs.python.org/3/library/csv.html, https://tablib.readthedocs.io/
"""

from rearguard.models.concepts import SheetWrite
from rearguard.models.dsl import Library

__all__ = ["SHEETS"]

SHEETS = Library(
    name="sheets",
    language="python",
    packages=("tablib", "unicodecsv"),
    types={
        "Writer": ("{csv,unicodecsv}.{writer,DictWriter}()",),
        "Dataset": ("tablib.Dataset()",),
    },
    concepts=(
        SheetWrite("Writer.{writerow,writerows}(0)"),
        SheetWrite("Dataset.append(0|row)"),
    ),
)
