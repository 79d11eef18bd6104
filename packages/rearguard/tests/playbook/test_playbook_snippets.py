"""Sections 9 to 19 of the playbook: what their shorter blocks promise."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

ORIGIN = "https://app.example.com"


@pytest.fixture(params=["fastapi", "express"])
def cors(request: pytest.FixtureRequest) -> Any:
    if request.param == "express":
        return request.getfixturevalue("express_http")("cors", origins=[ORIGIN])
    module = request.getfixturevalue("python_page")("cors")
    return request.getfixturevalue("fastapi_http")(module.create_app((ORIGIN,)))


def test_cors_allows_exact_origins_only(cors: Any) -> None:
    def allowed(method: str, origin: str) -> object:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return cors.send(method, "/profile", headers=headers).header("access-control-allow-origin")

    assert allowed("GET", ORIGIN) == ORIGIN
    assert allowed("OPTIONS", ORIGIN) == ORIGIN
    for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", "http://app.example.com"):
        assert allowed("GET", origin) is None, origin
        assert allowed("OPTIONS", origin) is None, origin
    assert "origin" in (cors.send("GET", "/profile", headers={"Origin": ORIGIN}).header("vary") or "").lower()


@pytest.mark.parametrize(
    "origins", [(), ("*",), ("null",), ("http://app.example.com",), ("https://*.example.com",)]
)
def test_cors_refuses_loose_settings(python_page: Any, origins: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="exact https origins"):
        python_page("cors").create_app(origins)


def test_output_helpers(python_page: Any) -> None:
    module = python_page("output-and-xml")
    value = {"name": "</script><!-- & \u2028"}
    text = module.json_for_script(value)
    assert json.loads(text) == value
    assert not set("<>&") & set(text)
    assert module.csv_cell("=1+1") == "'=1+1"
    assert module.csv_cell("plain") == "plain"
    assert module.csv_cell("") == ""


def test_totp_counts_once_and_matches_the_standard(python_page: Any) -> None:
    module = python_page("multi-factor")
    secret = b"12345678901234567890"  # RFC 6238, appendix B; the last six of its eight digits
    for now, code in (
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (20000000000, "353130"),
    ):
        step = module.totp_step(secret, code, now, last_step=-1)
        assert step == now // 30
        assert module.totp_step(secret, code, now, last_step=step) is None
        assert module.totp_step(secret, code, now + 30, last_step=-1) == step
        assert module.totp_step(secret, code, now + 90, last_step=-1) is None
    assert module.totp_step(secret, "", 59, last_step=-1) is None


def test_push_challenges_resist_fatigue(python_page: Any) -> None:
    module = python_page("multi-factor")
    alerts: list[str] = []
    push = module.PushChallenges(alerts.append)
    for now in (0, 10, 20):
        challenge, number = push.issue(now)
    with pytest.raises(module.TooManyChallenges):
        push.issue(30)
    assert len(alerts) == 1
    wrong = "000000" if number != "000000" else "111111"
    assert not push.answer(challenge, wrong, 40)
    assert push.answer(challenge, number, 41)
    assert not push.answer(challenge, number, 42)

    challenge, number = push.issue(400)
    assert not push.answer(challenge, number, 521)
    for now in (800, 900):
        challenge, _ = push.issue(now)
        push.deny(challenge, now)
        push.deny(challenge, now)
    with pytest.raises(module.TooManyChallenges):
        push.issue(1300)
    assert alerts.count("push challenge denied by the account holder") == 2
    assert push.issue(900 + 3600)


def test_pkce_challenge_is_the_hash_of_the_verifier(python_page: Any) -> None:
    verifier, challenge = python_page("oauth-oidc").pkce_pair()
    assert 43 <= len(verifier) <= 128
    assert base64.urlsafe_b64decode(challenge + "=") == hashlib.sha256(verifier.encode()).digest()


def test_api_keys_scopes_and_deny_by_default(python_page: Any, fastapi_http: Any) -> None:
    module = python_page("authorization-and-api-keys")
    rows = {}
    texts = {}
    for name, scopes, expires in (
        ("reader", {"invoices:read"}, 2000),
        ("other", {"x"}, 2000),
        ("old", {"x"}, 10),
    ):
        key_id, texts[name], rows[key_id] = module.new_key(name, frozenset(scopes), expires)
    http = fastapi_http(module.create_app(rows.get, lambda: 1000.0))

    def get(path: str, key: str = "") -> int:
        return int(http.send("GET", path, headers={"X-API-Key": key} if key else {}).status)

    assert get("/public/health") == 200
    assert [get(path) for path in ("/invoices", "/forgotten")] == [401, 401]
    assert get("/invoices", texts["reader"]) == 200
    assert get("/invoices", texts["other"]) == 403
    assert get("/forgotten", texts["old"]) == 401
    assert get("/forgotten", texts["reader"][:-1] + "!") == 401
    assert all(text.split("_", 2)[2] not in repr(rows) for text in texts.values())


def test_field_cipher_binds_place_and_rotates(python_page: Any) -> None:
    module = python_page("secrets-and-encryption")
    old = module.FieldCipher({"k1": b"1" * 32}, "k1")
    new = module.FieldCipher({"k1": b"1" * 32, "k2": b"2" * 32}, "k2")
    stored = old.encrypt("DE89", "user.iban.1")
    assert new.decrypt(stored, "user.iban.1") == "DE89"
    assert new.encrypt("DE89", "user.iban.1").startswith("k2.")
    assert old.encrypt("DE89", "user.iban.1") != stored
    for text, place in (
        (stored, "user.iban.2"),
        (stored[:-4] + "AAAA", "user.iban.1"),
        ("k9.AAAA", "user.iban.1"),
    ):
        with pytest.raises(ValueError, match=r"altered|unknown"):
            new.decrypt(text, place)
    with pytest.raises(ValueError, match="32-byte"):
        module.FieldCipher({"k1": b"short"}, "k1")


@pytest.mark.parametrize("value", ["", "change-me", "short"])
def test_placeholder_secrets_stop_the_start(python_page: Any, value: str) -> None:
    module = python_page("secrets-and-encryption")
    with pytest.raises(RuntimeError, match="APP_KEY is missing") as caught:
        module.required_secret("APP_KEY", {"APP_KEY": value})
    assert value == "" or value not in str(caught.value).replace(
        "APP_KEY is missing, a placeholder or too short", ""
    )
    assert module.required_secret("APP_KEY", {"APP_KEY": "x" * 32}) == "x" * 32


def test_paths_stay_inside(python_page: Any, tmp_path: Path) -> None:
    module = python_page("files")
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "out").symlink_to(tmp_path)
    assert module.inside(root, "sub/a.txt") == (root / "sub" / "a.txt").resolve()
    for name in ("../x", "/etc/passwd", "sub/../../x", "out/x", ".", ""):
        with pytest.raises(ValueError, match="leaves the root"):
            module.inside(root, name)


def archive(file: Path, entries: dict[str, bytes], link: bool = False) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o120777 if link else 0o100644) << 16
            target.writestr(info, data)
    return file


def test_archives_are_checked_before_anything_is_written(python_page: Any, tmp_path: Path) -> None:
    module = python_page("files")
    root = tmp_path / "root"
    root.mkdir()
    good = archive(tmp_path / "good.zip", {"a/b.txt": b"text"})
    assert [p.read_bytes() for p in module.extract(good, root)] == [b"text"]
    refused = (
        archive(tmp_path / "slip.zip", {"ok.txt": b"", "../x": b""}),
        archive(tmp_path / "bomb.zip", {"big": b"0" * 20_000_000}),
        archive(tmp_path / "many.zip", {f"f{n}": b"" for n in range(200)}),
        archive(tmp_path / "link.zip", {"l": b"/etc/passwd"}, link=True),
    )
    for file in refused:
        with pytest.raises(ValueError, match=r"leaves the root|too large|link"):
            module.extract(file, root)
    assert sorted(p.name for p in root.rglob("*") if p.is_file()) == ["b.txt"]


def test_audit_chain_reports_every_change(python_page: Any) -> None:
    module = python_page("audit-and-monitoring")
    key, previous, entries = b"k" * 32, module.GENESIS, []
    for number in range(5):
        entry = module.seal(key, previous, number, {"actor": f"u{number}", "action": "login"})
        entries.append(entry)
        previous = entry[1]
    checkpoint = (5, previous)
    assert module.verify(key, entries, checkpoint) == []
    altered = [(entries[0][0].replace("u0", "u9"), entries[0][1]), *entries[1:]]
    assert module.verify(key, altered, checkpoint) == ["entry 0 was altered"]
    assert module.verify(key, entries[:2] + entries[3:], checkpoint)
    assert module.verify(key, [entries[1], entries[0], *entries[2:]], checkpoint)
    assert module.verify(key, entries[:4], checkpoint) == ["1 entries are missing at the end"]
    assert "the chain differs from the checkpoint" in module.verify(key, entries, (5, "f" * 64))
