"""The JWS layer under Wycheproof, RFC 7515 and fuzzing: nothing invalid is accepted."""

import base64
import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from strongback.errors import ConfigurationError
from strongback.tokens.jws import TokenRejectedError, VerificationKey, open_jws, parse_object, sign_jws

VECTORS = Path(__file__).parents[4] / "third_party" / "wycheproof" / "json_web_signature_test.json"
SECRET = VerificationKey("HS256", OctKey.import_key(bytes(range(32))))


def wycheproof() -> list[Any]:
    found = []
    for group in json.loads(VECTORS.read_bytes())["testGroups"]:
        key = group.get("public") or group.get("private")
        found += [pytest.param(key, test, id=f"{test['tcId']}-{test['comment']}") for test in group["tests"]]
    return found


SAME_AS_A_VALID_ONE = {367, 370}


@pytest.mark.parametrize(("jwk", "test"), wycheproof())
def test_wycheproof_nothing_invalid_is_accepted(jwk: dict[str, Any], test: dict[str, Any]) -> None:
    token = test["jws"] if isinstance(test["jws"], str) else json.dumps(test["jws"])
    try:
        key = VerificationKey.from_jwk(jwk, jwk.get("alg", "RS256"))
        open_jws(token, {jwk.get("kid") or "": key})
        accepted = True
    except (ConfigurationError, TokenRejectedError):
        accepted = False
    if test["result"] == "invalid" and test["tcId"] not in SAME_AS_A_VALID_ONE:
        assert not accepted


def test_two_vectors_contradict_a_third_and_say_nothing() -> None:
    """367 and 370, meant to carry bad padding, are byte for byte the valid 357 under the same key."""
    by_id = {test["tcId"]: (jwk, test) for jwk, test in (p.values for p in wycheproof())}
    for number in SAME_AS_A_VALID_ONE:
        assert by_id[number][0] == by_id[357][0]
        assert by_id[number][1]["jws"] == by_id[357][1]["jws"]
    assert by_id[357][1]["result"] == "valid"
    valid = by_id[357][1]["jws"]
    key = {"hs256-key": VerificationKey.from_jwk(by_id[357][0], "HS256")}
    first, second, third = valid.split(".")
    for padded in (f"{first}==.{second}.{third}", f"{first}.{second}==.{third}", f"{valid}="):
        with pytest.raises(TokenRejectedError):
            open_jws(padded, key)


def test_wycheproof_valid_vectors_are_accepted_but_for_six() -> None:
    """346, 347, 350, 351: keys for an algorithm that the key does not name; 372, 373: characters to be
    skipped.
    """
    refused = set()
    for parameters in wycheproof():
        jwk, test = parameters.values
        if test["result"] == "valid":
            try:
                key = VerificationKey.from_jwk(jwk, jwk.get("alg", "RS256"))
                open_jws(test["jws"], {jwk.get("kid") or "": key})
            except (ConfigurationError, TokenRejectedError):
                refused.add(test["tcId"])
    assert refused == {346, 347, 350, 351, 372, 373}


def test_rfc_7515_appendix_a1() -> None:
    """Its header lists typ before alg across a line break: bytes count, not their meaning."""
    key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"
    token = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    pinned = VerificationKey.from_jwk({"kty": "oct", "k": key}, "HS256")
    header, payload = open_jws(token, {"only": pinned})
    assert header == {"typ": "JWT", "alg": "HS256"}
    assert json.loads(payload) == {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def forged(header: dict[str, Any], payload: bytes = b"{}", key: VerificationKey = SECRET) -> str:
    """A token with any header, correctly signed under HS256."""
    import hmac

    signed = f"{encode(json.dumps(header).encode())}.{encode(payload)}"
    tag = hmac.digest(bytes(range(32)), signed.encode(), "sha256")
    return f"{signed}.{encode(tag)}"


@pytest.mark.parametrize(
    "extra",
    [
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": {"kty": "oct", "k": "AA"}},
        {"x5c": ["AA"]},
        {"crit": ["b64"]},
        {"b64": False},
        {"zip": "DEF"},
        {"alg": "none"},
        {"alg": "HS512"},
        {"alg": "hs256"},
        {"alg": None},
        {"alg": ["HS256"]},
        {"kid": "other"},
        {"kid": 1},
        {"kid": "../../dev/null"},
        {"cty": "JWT"},
    ],
)
def test_headers_that_give_orders_are_refused(extra: dict[str, Any]) -> None:
    keys = {"k1": SECRET}
    assert open_jws(forged({"alg": "HS256", "kid": "k1", "typ": "at+jwt"}), keys)
    with pytest.raises(TokenRejectedError):
        open_jws(forged({"alg": "HS256", "kid": "k1", "typ": "at+jwt", **extra}), keys)


def test_a_public_key_is_no_hmac_secret() -> None:
    rsa = RSAKey.generate_key(2048)
    public = VerificationKey("RS256", RSAKey.import_key(rsa.as_dict(private=False)))
    import hmac

    pem = rsa.as_pem(private=False)
    signed = f"{encode(json.dumps({'alg': 'HS256'}).encode())}.{encode(b'{}')}"
    token = f"{signed}.{encode(hmac.digest(pem, signed.encode(), 'sha256'))}"
    with pytest.raises(TokenRejectedError):
        open_jws(token, {"k": public})


@pytest.mark.parametrize("algorithm", ["RS256", "PS512", "ES256", "ES384", "ES512", "Ed25519"])
def test_each_algorithm_signs_and_verifies_with_its_key_alone(algorithm: str) -> None:
    curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    if algorithm in curve:
        key: Any = ECKey.generate_key(curve[algorithm])
        other: Any = ECKey.generate_key(curve[algorithm])
    elif algorithm == "Ed25519":
        key, other = OKPKey.generate_key("Ed25519"), OKPKey.generate_key("Ed25519")
    else:
        key, other = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
    token = sign_jws(b"{}", typ="t", kid="k", key=VerificationKey(algorithm, key))
    public = VerificationKey.from_jwk(key.as_dict(private=False), algorithm)
    assert open_jws(token, {"k": public})[1] == b"{}"
    with pytest.raises(TokenRejectedError):
        open_jws(token, {"k": VerificationKey(algorithm, other)})


@pytest.mark.parametrize(
    ("jwk", "algorithm"),
    [
        ({"kty": "oct", "k": "c2hvcnQ"}, "HS256"),
        ({"kty": "oct", "k": encode(bytes(range(32)))}, "HS512"),
        ({"kty": "oct", "k": encode(bytes(range(32)))}, "none"),
        ({"kty": "oct", "k": encode(bytes(range(32)))}, "RS256"),
        ({"kty": "oct", "k": encode(bytes(range(32))), "use": "enc"}, "HS256"),
        ({"kty": "oct", "k": encode(bytes(range(32))), "alg": "HS512"}, "HS256"),
        ({"kty": "oct", "k": encode(bytes(range(32))), "key_ops": ["encrypt"]}, "HS256"),
        ({"kty": "oct"}, "HS256"),
        ({}, "HS256"),
        ({"kty": "EC"}, "ES256"),
    ],
)
def test_keys_that_do_not_fit_are_refused_at_construction(jwk: dict[str, Any], algorithm: str) -> None:
    with pytest.raises(ConfigurationError):
        VerificationKey.from_jwk(jwk, algorithm)


def test_small_rsa_and_wrong_curves_are_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        small = RSAKey.generate_key(1024)
    with pytest.raises(ConfigurationError):
        VerificationKey("RS256", small)
    with pytest.raises(ConfigurationError):
        VerificationKey("ES256", ECKey.generate_key("P-384"))
    assert "redacted" in repr(SECRET)
    for algorithm in ("HS256", "none", "RS256"):
        with pytest.raises(ConfigurationError):
            VerificationKey(algorithm, ECKey.generate_key("P-256"))


TOKEN = sign_jws(b'{"sub":"ada"}', typ="at+jwt", kid="k1", key=SECRET)


def test_a_token_is_written_in_one_way_alone() -> None:
    """Its last character holds two bits of nothing, which a reader that is lenient lets anyone set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = alphabet.index(TOKEN[-1])
    for stray in (1, 2, 3):
        with pytest.raises(TokenRejectedError, match="canonical"):
            open_jws(TOKEN[:-1] + alphabet[last ^ stray], {"k1": SECRET})


@given(st.integers(0, len(TOKEN) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_changing_one_character_breaks_the_token(position: int, character: str) -> None:
    changed = TOKEN[:position] + character + TOKEN[position + 1 :]
    if changed != TOKEN:
        with pytest.raises(TokenRejectedError):
            open_jws(changed, {"k1": SECRET})


@given(st.text() | st.lists(st.binary(max_size=30).map(encode), min_size=3, max_size=3).map(".".join))
def test_anything_else_is_rejected_and_never_raises_otherwise(text: str) -> None:
    with pytest.raises(TokenRejectedError):
        open_jws(text, {"k1": SECRET})


@pytest.mark.parametrize("suffix", ["=", "==", "\n", " ", "\x00", "."])
def test_padding_and_trailing_bytes_are_rejected(suffix: str) -> None:
    with pytest.raises(TokenRejectedError):
        open_jws(TOKEN + suffix, {"k1": SECRET})


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1,"a":2}',
        b"[]",
        b"1",
        b"",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b"\xff",
        b"[" * 100_000,
        b'{"a":1}x',
    ],
)
def test_only_plain_objects_are_parsed(raw: bytes) -> None:
    with pytest.raises(TokenRejectedError):
        parse_object(raw)
