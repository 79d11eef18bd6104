"""Archives and the names in them: adm-zip, unzipper, tar, tar-stream, node-stream-zip, yauzl.

API references: https://github.com/cthackers/adm-zip, https://github.com/ZJONSSON/node-unzipper,
https://github.com/isaacs/node-tar (strips absolute paths and refuses `..` unless `preservePaths` is set),
https://github.com/mafintosh/tar-stream, https://github.com/antelle/node-stream-zip. yauzl refuses such names
itself unless `decodeStrings` is false; the functions of adm-zip and unzipper that unpack everything keep
them inside.
"""

from rearguard.models.concepts import ArchiveExtraction, ArchiveMember
from rearguard.models.dsl import Library

__all__ = ["ARCHIVES"]

ARCHIVES = Library(
    name="archives-js",
    language="javascript",
    packages=("adm-zip", "unzipper", "unzip", "tar", "tar-stream", "node-stream-zip"),
    types={
        "Zip": ("adm-zip()",),
        "Entries": ("Zip.getEntries()", "Entries.{filter,slice,sort}()"),
        "Parser": ("{unzipper,unzip}.{Parse,ParseOne}()", "tar.{Parse,Parser,list,t}()"),
        "OnEntry": ("Parser.on(1)",),
        "TarStream": ("tar-stream.extract()",),
        "OnHeader": ("TarStream.on(1)",),
        "StreamZip": ("node-stream-zip()", "node-stream-zip.async()"),
        "OnZipEntry": ("StreamZip.on(1)",),
    },
    passes=("*.pipe(0)",),
    concepts=(
        ArchiveExtraction("tar.{x,extract}(0)", when="(0).preservePaths"),
        ArchiveMember("Entries[].entryName"),
        ArchiveMember("OnEntry<0>.path"),
        ArchiveMember("Parser[].path"),
        ArchiveMember("OnHeader<0>.name"),
        ArchiveMember("TarStream[].header.name"),
        ArchiveMember("OnZipEntry<0>.name"),
        ArchiveMember("unzipper.Open.{file,buffer}().files[].path"),
    ),
)
