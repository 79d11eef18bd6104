"""Archives and the names in them: tarfile, zipfile, shutil, py7zr, rarfile.

https://docs.python.org/3/library/tarfile.html#extraction-filters (3.14 makes `filter="data"` the default),
https://docs.python.org/3/library/zipfile.html (`extract` and `extractall` keep names inside the folder),
https://docs.python.org/3/library/shutil.html#shutil.unpack_archive, https://py7zr.readthedocs.io/
"""

from rearguard.models.concepts import ArchiveExtraction, ArchiveMember
from rearguard.models.dsl import Library

__all__ = ["ARCHIVES"]

ARCHIVES = Library(
    name="archives",
    language="python",
    packages=("rarfile",),
    types={
        "Tar": ("tarfile.{open,TarFile,TarFile.open,TarFile.gzopen}()",),
        "Zip": ("zipfile.{ZipFile,PyZipFile}()", "rarfile.RarFile()"),
    },
    concepts=(
        ArchiveExtraction("Tar.{extractall,extract}(self)", unless="(filter)", unsafe=("fully_trusted",)),
        ArchiveExtraction("shutil.unpack_archive(0|filename)", unless="(filter)", unsafe=("fully_trusted",)),
        ArchiveMember("Tar.getnames()[]"),
        ArchiveMember("Tar.getmembers()[].name"),
        ArchiveMember("Tar[].name"),
        ArchiveMember("Tar.next().name"),
        ArchiveMember("Zip.namelist()[]"),
        ArchiveMember("Zip.infolist()[].filename"),
    ),
)
