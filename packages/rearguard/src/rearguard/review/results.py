"""Results of earlier reviews: what the same bytes and options gave need not be worked out again."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields

import msgspec

from rearguard.findings import ReviewResult, Unread
from rearguard.program import Source
from rearguard.review.cache import Cache, engine_digest, key
from rearguard.review.options import Options

_DECODER = msgspec.msgpack.Decoder(ReviewResult)
_NO_MATTER = frozenset({"jobs", "cache"})
"""Options that decide how a result is worked out, not what it is."""


def result_key(
    sources: Sequence[Source],
    unread: Sequence[Unread],
    aliases: Mapping[str, tuple[str, ...]],
    notes: Sequence[str],
    options: Options,
    shown: str,
) -> str:
    """A digest of all that a result depends on."""
    chosen = [(f.name, getattr(options, f.name)) for f in fields(options) if f.name not in _NO_MATTER]
    return key(
        engine_digest(),
        repr(sys.version_info),
        repr((chosen, shown, list(unread), sorted(aliases.items()), list(notes))),
        *(part for source in sources for part in (source.path, source.language, source.text)),
    )


def load(cache: Cache, id: str) -> ReviewResult | None:
    """The result under a key, if it is there and can be read."""
    data = cache.get([id]).get(id)
    try:
        return _DECODER.decode(data) if data is not None else None
    except msgspec.DecodeError:
        return None


def keep(cache: Cache, id: str, result: ReviewResult) -> None:
    """Keep a result for later runs."""
    cache.put({id: msgspec.msgpack.encode(result)})
