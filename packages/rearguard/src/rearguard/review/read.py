"""Bytes to modules, in one process or several; the result does not depend on how many."""

import codecs
import concurrent.futures
import gc
import multiprocessing
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from rearguard.findings import Unread
from rearguard.frontends import SETTINGS_KINDS, read
from rearguard.program import Module, Source
from rearguard.review.cache import Cache, key, reader_digest
from rearguard.review.collect import BUILT_FROM, MINIFIED_FROM, MINIFIED_LINE

CHUNK = 40
"""Files given to a process at a time."""
PARALLEL_FROM = 160
"""Files below which starting processes costs more than it saves."""
_BUILT = re.compile(r"[.-][0-9a-f]{8,}\.(?:\w+\.)?[cm]?js$")
"""Names that end with a digest of what is in the file: a bundler gave them."""
_ENCODER = msgspec.msgpack.Encoder()
_MODULE = msgspec.msgpack.Decoder(Module)
_CHUNK_OF_RAW = msgspec.msgpack.Decoder(list[msgspec.Raw])


def load(files: Sequence[tuple[str, Path, str]]) -> tuple[list[Source], list[Unread]]:
    """Read the files' bytes. What cannot be read, or is no text, is told."""
    sources: list[Source] = []
    unread: list[Unread] = []
    for path, file, language in files:
        try:
            text = file.read_bytes()
        except OSError as error:
            unread.append(Unread(path, 0, f"cannot be read: {error.strerror}"))
            continue
        reason = _unsuitable(path, text, language)
        if reason:
            unread.append(Unread(path, 0, reason))
        else:
            sources.append(Source(path, text, language))
    return sources, unread


def _unsuitable(path: str, text: bytes, language: str) -> str:
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16 text; only encodings that agree with ASCII are read"
    if b"\0" in text[:8192]:
        return "binary content"
    is_script = language in ("javascript", "typescript", "tsx", "browser")
    bound = BUILT_FROM if _BUILT.search(path) else MINIFIED_FROM
    if is_script and len(text) > bound and len(text) / (text.count(b"\n") + 1) > MINIFIED_LINE:
        return "minified: its lines are too long to have been written by hand"
    return ""


def lower(
    sources: Sequence[Source],
    jobs: int = 0,
    progress: Callable[[int], None] | None = None,
    cache: Cache | None = None,
) -> dict[str, Module]:
    """Modules by path, in the order of `sources`. `progress` is told the number of files done.

    Settings files have no modules: they are passed over.
    """
    sources = [source for source in sources if source.language not in SETTINGS_KINDS]
    keys = _keys(sources) if cache is not None else {}
    held = cache.get(list(keys.values())) if cache is not None else {}
    modules: dict[str, Module] = {}
    for source in sources:
        data = held.get(keys.get(source.path, ""))
        module = _decoded(data) if data is not None else None
        if module is not None:
            modules[source.path] = module
    missing = [source for source in sources if source.path not in modules]
    made: dict[str, bytes] = {}
    done = len(modules)
    for source, module, data in _lowered(missing, jobs):
        modules[source.path] = module
        if cache is not None:
            made[keys[source.path]] = data if data is not None else _ENCODER.encode(module)
        done += 1
        if progress is not None and done % 20 == 0:
            progress(done)
    if cache is not None:
        cache.put(made, held)
    return {source.path: modules[source.path] for source in sources}


def _keys(sources: Iterable[Source]) -> dict[str, str]:
    reader = reader_digest()
    return {source.path: key(reader, source.language, source.text) for source in sources}


def _decoded(data: bytes) -> Module | None:
    try:
        return _MODULE.decode(data)
    except msgspec.DecodeError:
        return None


def _lowered(sources: Sequence[Source], jobs: int) -> Iterator[tuple[Source, Module, bytes | None]]:
    """Each source with its module, and with the bytes of that where another process made them."""
    count = jobs or min(os.cpu_count() or 1, 8)
    if count <= 1 or len(sources) < PARALLEL_FROM:
        for source in sources:
            yield source, read(source.text, source.language), None
        return
    chunks = [sources[i : i + CHUNK] for i in range(0, len(sources), CHUNK)]
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "fork")
    # Ctrl-C reaches every process of the terminal; the one that was started says so, and ends the others.
    with concurrent.futures.ProcessPoolExecutor(
        count, mp_context=context, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    ) as pool:
        work = pool.map(_lower_chunk, ([(s.text, s.language) for s in chunk] for chunk in chunks))
        for chunk, data in zip(chunks, work, strict=True):
            for source, raw in zip(chunk, _CHUNK_OF_RAW.decode(data), strict=True):
                yield source, _MODULE.decode(raw), bytes(raw)


def _lower_chunk(files: Iterable[tuple[bytes, str]]) -> bytes:
    """Runs in a worker: what it returns is data in a format that cannot execute."""
    gc.disable()
    return _ENCODER.encode([read(text, language) for text, language in files])
