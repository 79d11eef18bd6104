"""The cache saves time and changes nothing: not when it is filled, stale, damaged, or closed to us."""

import sqlite3
from pathlib import Path

import pytest
from rearguard.review import Options, cache, read, results, review_path
from rearguard.review.cache import Cache, key

CODE = (
    "import sqlite3\nfrom flask import Flask, request\n\napp = Flask(__name__)\n\n\n@app.get('/a')\n"
    "def a():\n    return str(sqlite3.connect('x').execute('SELECT ' + request.args['k']))\n"
)
CACHED = Options(cache=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    kept = tmp_path / "kept"
    monkeypatch.setenv(cache.VARIABLE, str(kept))
    return kept


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    made.mkdir()
    (made / "app.py").write_text(CODE, encoding="utf-8")
    (made / "other.py").write_text("x = 1\n", encoding="utf-8")
    return made


def test_a_second_run_reads_and_works_out_nothing(
    tree: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = review_path(tree, ".", CACHED)
    monkeypatch.setattr(read, "read", lambda *_: pytest.fail("a file was lowered again"))
    monkeypatch.setattr(
        "rearguard.review.pipeline.analyse_sources", lambda *_, **__: pytest.fail("it was analysed again")
    )
    second = review_path(tree, ".", CACHED)
    assert second == first
    assert second.result.findings


def test_what_is_cached_equals_what_is_not(tree: Path, folder: Path) -> None:
    plain = review_path(tree, ".", Options())
    assert not folder.exists()
    assert review_path(tree, ".", CACHED) == plain
    assert review_path(tree, ".", CACHED) == plain


def test_only_a_changed_file_is_lowered_again(
    tree: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    review_path(tree, ".", CACHED)
    (tree / "app.py").write_text(CODE.replace("request.args['k']", "'1'"), encoding="utf-8")
    lowered: list[bytes] = []
    real = read.read
    monkeypatch.setattr(read, "read", lambda text, language: (lowered.append(text), real(text, language))[1])
    assert not [f for f in review_path(tree, ".", CACHED).result.findings if f.rule.id == "sql-injection"]
    assert lowered == [(tree / "app.py").read_bytes()]


def test_other_options_and_another_engine_are_other_results(
    tree: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = review_path(tree, ".", CACHED).result.findings
    less = review_path(tree, ".", Options(cache=True, skip=(found[0].rule.id,))).result.findings
    assert found[0].rule.id not in {finding.rule.id for finding in less}
    before = results.engine_digest()
    monkeypatch.setattr(cache, "_READERS", ("click",))
    assert results.engine_digest() != before


@pytest.mark.parametrize("damage", ["garbage", "other form", "unreadable entries"])
def test_a_damaged_cache_is_no_cache(tree: Path, folder: Path, damage: str) -> None:
    first = review_path(tree, ".", CACHED)
    file = folder / "cache.sqlite"
    if damage == "garbage":
        file.write_bytes(b"no database" * 1000)
    else:
        with sqlite3.connect(file) as database:
            if damage == "other form":
                database.execute("ALTER TABLE entries RENAME TO others")
            else:
                database.execute("UPDATE entries SET data = x'c1'")
        database.close()
    assert review_path(tree, ".", CACHED) == first
    assert review_path(tree, ".", CACHED) == first


def test_a_place_that_cannot_be_written_is_no_cache(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "below"))
    assert review_path(tree, ".", CACHED) == review_path(tree, ".", Options())


def test_what_was_not_used_for_longest_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_BYTES", 400_000)
    kept = Cache(tmp_path)
    for day in range(6):
        monkeypatch.setattr(cache.time, "time", lambda day=day: day * 86_400.0)
        kept.put({str(day): bytes(100_000)}, used=["0"])
    held = kept.get([str(day) for day in range(6)])
    assert "0" in held, "it was used every day"
    assert "5" in held
    assert "1" not in held
    assert (tmp_path / "cache.sqlite").stat().st_size <= 500_000


def test_parts_of_a_key_are_told_apart() -> None:
    assert key("ab", "c") != key("a", "bc")
    assert key("a") == key(b"a")
