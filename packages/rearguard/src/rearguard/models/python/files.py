"""Files by other means than the standard library: asynchronous ones, images, tables, arrays, file systems.

API reference: https://github.com/Tinche/aiofiles, https://anyio.readthedocs.io/en/stable/fileio.html,
https://pillow.readthedocs.io/en/stable/reference/Image.html, https://pandas.pydata.org/docs/reference/io.html,
https://numpy.org/doc/stable/reference/routines.io.html, https://filesystem-spec.readthedocs.io/en/latest/api.html,
https://docs.opencv.org/4.x/d4/da8/group__imgcodecs.html
"""

from rearguard.models.concepts import CommandExecution, FileAccess, FileContent
from rearguard.models.dsl import Library

__all__ = ["FILES"]

FILES = Library(
    name="files",
    language="python",
    packages=("aiofiles", "anyio", "aiopath", "fsspec", "PIL", "pandas", "numpy", "cv2", "imageio"),
    types={"Image": ("PIL.Image.{open,new,fromarray}()", "Image.{resize,convert,crop,rotate,copy}()")},
    concepts=(
        FileAccess("aiofiles.open(0|file)"),
        FileContent("aiofiles.open().{write,writelines}(0)"),
        FileAccess("aiofiles.os.{remove,unlink,rmdir}(0|path)", action="delete"),
        FileAccess("aiofiles.os.{listdir,scandir}(0|path)", action="list"),
        FileAccess("aiofiles.os.{mkdir,makedirs}(0)", action="change"),
        FileAccess("aiofiles.os.{rename,replace,link,symlink}(0:)", action="write"),
        FileAccess("anyio.open_file(0|file)"),
        FileAccess("{aioshutil,aiofiles.os.wrap()}.rmtree(0|path)", action="delete"),
        FileAccess("fsspec.{open,open_files,open_local}(0)"),
        FileAccess("PIL.Image.open(0|fp)"),
        FileAccess("Image.save(0|fp)", action="write"),
        FileAccess("cv2.imread(0|filename)"),
        FileAccess("cv2.imwrite(0|filename)", action="write"),
        FileAccess("imageio.{imread,get_reader,v2.imread,v3.imread}(0|uri)"),
        FileAccess("soundfile.read(0|file)"),
        FileAccess(
            "pandas.{read_csv,read_excel,read_json,read_parquet,read_feather,read_table,read_fwf,read_hdf}(0)"
        ),
        FileAccess("numpy.{load,loadtxt,genfromtxt,fromfile}(0)"),
        FileAccess("numpy.{save,savez,savez_compressed,savetxt}(0)", action="write"),
        CommandExecution("anyio.{run_process,open_process}(0|command)"),
    ),
)
