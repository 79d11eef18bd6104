"""Bytes to modules, in one process or several; the result does not depend on how many."""

import codecs
import concurrent.futures
import gc
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from rearguard.findings import Unread
from rearguard.frontends import SETTINGS_KINDS, read
from rearguard.program import Module, Source
from rearguard.review.collect import MINIFIED_LINE

CHUNK = 40
"""Files given to a process at a time."""
PARALLEL_FROM = 160
"""Files below which starting processes costs more than it saves."""
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Module])


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
        reason = _unsuitable(text, language)
        if reason:
            unread.append(Unread(path, 0, reason))
        else:
            sources.append(Source(path, text, language))
    return sources, unread


def _unsuitable(text: bytes, language: str) -> str:
    if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16 text; only encodings that agree with ASCII are read"
    if b"\0" in text[:8192]:
        return "binary content"
    is_script = language in ("javascript", "typescript", "tsx")
    if is_script and len(text) > 50_000 and len(text) / (text.count(b"\n") + 1) > MINIFIED_LINE:
        return "minified: its lines are too long to have been written by hand"
    return ""


def lower(
    sources: Sequence[Source], jobs: int = 0, progress: Callable[[int], None] | None = None
) -> dict[str, Module]:
    """Modules by path, in the order of `sources`. `progress` is told the number of files done.

    Settings files have no modules: they are passed over.
    """
    sources = [source for source in sources if source.language not in SETTINGS_KINDS]
    count = jobs or min(os.cpu_count() or 1, 8)
    if count <= 1 or len(sources) < PARALLEL_FROM:
        modules: dict[str, Module] = {}
        for index, source in enumerate(sources):
            modules[source.path] = read(source.text, source.language)
            if progress is not None and index % 20 == 0:
                progress(index)
        return modules
    return _lower_in_processes(sources, count, progress)


def _lower_in_processes(
    sources: Sequence[Source], count: int, progress: Callable[[int], None] | None
) -> dict[str, Module]:
    chunks = [sources[i : i + CHUNK] for i in range(0, len(sources), CHUNK)]
    modules: dict[str, Module] = {}
    context = multiprocessing.get_context("spawn" if os.name == "nt" else "fork")
    # Ctrl-C reaches every process of the terminal; the one that was started says so, and ends the others.
    with concurrent.futures.ProcessPoolExecutor(
        count, mp_context=context, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN)
    ) as pool:
        work = pool.map(_lower_chunk, ([(s.text, s.language) for s in chunk] for chunk in chunks))
        for chunk, data in zip(chunks, work, strict=True):
            for source, module in zip(chunk, _DECODER.decode(data), strict=True):
                modules[source.path] = module
            if progress is not None:
                progress(len(modules))
    return modules


def _lower_chunk(files: Iterable[tuple[bytes, str]]) -> bytes:
    """Runs in a worker: what it returns is data in a format that cannot execute."""
    gc.disable()
    return _ENCODER.encode([read(text, language) for text, language in files])
