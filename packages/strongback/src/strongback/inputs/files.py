"""Files under one directory, uploads that are what they claim, downloads that stay files.

ASVS v5.0.0-5.2.1, 5.2.2, 5.2.5, 5.2.6, 5.3.1, 5.3.2 (storage), 5.4.1, 5.4.2 (serving). POSIX only.
"""

import contextlib
import os
import re
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from strongback.errors import ConfigurationError, DeniedError, LimitExceededError
from strongback.seams import Randomness

__all__ = ["FileRefusedError", "SafeDir", "Upload", "accept_upload", "download_headers"]

_MAX_NAME = 255
_UNREADABLE = 1 << 62
_RESERVED = re.compile(r"[\x00-\x1f\x7f/\\]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What a name shows as something else: controls, marks of direction, invisible and half characters.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


class FileRefusedError(DeniedError):
    """The name or content is not acceptable."""

    status = 400


def _components(name: str) -> list[str]:
    parts = name.split("/")
    for part in parts:
        long = len(part.encode("utf-8", "surrogatepass")) > _MAX_NAME
        if part in {"", ".", ".."} or long or _RESERVED.search(part) or _SURROGATE.search(part):
            raise FileRefusedError("not a plain relative name")
    return parts


class SafeDir:
    """Opens names below one directory and nothing else.

    Each component is opened relative to the one before it without following links (`openat`, `O_NOFOLLOW`),
    so that neither `..`, nor an absolute name, nor a link planted meanwhile leads out. Only regular files are
    opened. These calls block: use a thread for large files.
    """

    def __init__(self, root: str | Path) -> None:
        if os.open not in os.supports_dir_fd:  # pragma: no cover
            raise ConfigurationError("SafeDir needs a POSIX system")
        self._root = os.path.realpath(root)
        if not os.path.isdir(self._root):
            raise ConfigurationError("SafeDir: the root must be an existing directory")

    def _parent(self, parts: list[str], *, create: bool) -> int:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        directory = os.open(self._root, flags)
        try:
            for part in parts[:-1]:
                if create:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=directory)
                deeper = os.open(part, flags, dir_fd=directory)
                os.close(directory)
                directory = deeper
        except OSError:
            os.close(directory)
            raise FileRefusedError("no such directory") from None
        return directory

    def _open(self, name: str, flags: int, *, create: bool = False) -> int:
        parts = _components(name)
        directory = self._parent(parts, create=create)
        try:
            # O_NONBLOCK: opening a named pipe must not wait for its writer.
            mode = flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
            descriptor = os.open(parts[-1], mode, 0o600, dir_fd=directory)
        except OSError:
            raise FileRefusedError("cannot be opened") from None
        finally:
            os.close(directory)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise FileRefusedError("not a regular file")
        return descriptor

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading. Raises FileRefusedError."""
        return os.fdopen(self._open(name, os.O_RDONLY), "rb")

    def create(self, name: str) -> BinaryIO:
        """Create a new file for writing, mode 0600, directories as needed.

        Raises FileRefusedError if it exists.
        """
        return os.fdopen(self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, create=True), "wb")


@dataclass(frozen=True, slots=True)
class _Kind:
    extensions: tuple[str, ...]
    magic: tuple[bytes, ...]
    offset: int = 0


_KINDS = {
    "image/png": _Kind((".png",), (b"\x89PNG\r\n\x1a\n",)),
    "image/jpeg": _Kind((".jpg", ".jpeg"), (b"\xff\xd8\xff",)),
    "image/gif": _Kind((".gif",), (b"GIF87a", b"GIF89a")),
    "image/webp": _Kind((".webp",), (b"WEBP",), 8),
    "application/pdf": _Kind((".pdf",), (b"%PDF-",)),
    "application/zip": _Kind((".zip",), (b"PK\x03\x04", b"PK\x05\x06")),
}


@dataclass(frozen=True, slots=True)
class Upload:
    """An accepted upload."""

    content_type: str
    """By content and extension, never what the client declared."""
    storage_name: str
    """Random; the client's name plays no part."""
    display_name: str
    """The client's name, cleaned, for showing and for `download_headers`."""


def accept_upload(
    data: bytes,
    filename: str,
    *,
    types: Iterable[str],
    rng: Randomness,
    max_bytes: int = 5 * 1024 * 1024,
    max_pixels: int = 25_000_000,
) -> Upload:
    """Accept content whose extension and leading bytes agree on one of `types`.

    Raises LimitExceededError for size or pixels, FileRefusedError otherwise. It does not scan for malware
    and does not re-encode: serve what it accepts with `download_headers`.
    """
    wanted = set(types)
    if not wanted or not wanted <= set(_KINDS):
        raise ConfigurationError(f"accept_upload knows {', '.join(sorted(_KINDS))}")
    if len(data) > max_bytes:
        raise LimitExceededError("the file is too large")
    extension = os.path.splitext(filename)[1].lower()
    for content_type in sorted(wanted):
        kind = _KINDS[content_type]
        if extension in kind.extensions and data[kind.offset :].startswith(kind.magic):
            if _pixels(content_type, data) > max_pixels:
                raise LimitExceededError("the picture has too many pixels")
            shown = _RESERVED.sub("_", _HIDDEN.sub("", os.path.basename(filename.replace("\\", "/"))))[:120]
            return Upload(content_type, rng.token(16).hex() + kind.extensions[0], shown)
    raise FileRefusedError("name and content do not agree on an accepted type")


def _pixels(content_type: str, data: bytes) -> int:
    """Width times height from the header; a header that cannot be read counts as too many."""
    try:
        if content_type == "image/png":
            if data[12:16] != b"IHDR":
                return _UNREADABLE
            width, height = struct.unpack_from(">II", data, 16)
        elif content_type == "image/gif":
            width, height = struct.unpack_from("<HH", data, 6)
        elif content_type == "image/jpeg":
            width, height = _jpeg_size(data)
        elif content_type == "image/webp":
            width, height = _webp_size(data)
        else:
            return 0
    except (struct.error, ValueError):
        return _UNREADABLE
    return int(width) * int(height)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    position = 2
    while True:
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == 0xFFFF:
            position += 1  # a fill byte
            continue
        # Decoders look for the next marker behind anything else, and might find another size there.
        if marker < 0xFFC0 or 0xFFD0 <= marker <= 0xFFDA or length < 2:
            raise ValueError("no marker where one has to be")
        if 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        position += 2 + length


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        raw = struct.unpack_from("<6B", data, 24)
        return 1 + int.from_bytes(raw[:3], "little"), 1 + int.from_bytes(raw[3:], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind != b"VP8 ":
        raise ValueError("no kind of WebP")
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def download_headers(display_name: str, content_type: str) -> dict[str, str]:
    """Headers under which content from users is a download and never a page of ours (RFC 6266, RFC 8187)."""
    plain = re.sub(r'[^A-Za-z0-9 ._()-]|["\\]', "_", display_name)[:120] or "download"
    encoded = quote(_HIDDEN.sub("", display_name[:120]).encode("utf-8", "replace"), safe="")
    return {
        "content-type": content_type if content_type in _KINDS else "application/octet-stream",
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}",
        "content-security-policy": "sandbox; default-src 'none'",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
    }
