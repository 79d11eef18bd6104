"""The Express shop: both versions serve the shop's users; the attacks work on the vulnerable one only."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

PASSWORD = "correct horse battery"
PASSWORD_HASH = "$2b$10$hKn4Ob3hAk5/h4qzLJ5vvuTJ0xiLjkoVIeFyMoZBEuCo3MuIm9bB2"
SEED = "".join(
    "INSERT INTO customers (email, name, password_hash, role) "
    f"VALUES ('{name}@shop.example', '{name.title()}', '{PASSWORD_HASH}', '{role}');\n"
    for name, role in [("ada", "customer"), ("ben", "customer"), ("sam", "staff"), ("root", "admin")]
)
CLOSED_HOOK = {"event": "order.created", "url": "http://127.0.0.1:9/closed"}
NO_ORDER = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Shop:
    """A running version of the shop with a token per account."""

    vulnerable: bool
    app: Any
    tokens: dict[str, str]

    def call(self, who: str, method: str, path: str, **request: Any) -> Any:
        return self.app.call(method, path, token=self.tokens.get(who), **request)

    def order(self, who: str, **fields: Any) -> dict[str, Any]:
        body = {"items": [{"productId": 1, "quantity": 2}], **fields}
        reply = self.call(who, "POST", "/api/orders", body=body)
        assert reply.status == 201, reply.text
        placed: dict[str, Any] = reply.json()
        return placed


@pytest.fixture(scope="module", params=["vulnerable", "hardened"])
def shop(
    request: Any, examples: Path, start_node: Any, tmp_path_factory: Any, partner: Any
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp(request.param)
    seed = folder / "seed.sql"
    seed.write_text(SEED)
    environment = {
        "SEED_FILE": str(seed),
        "INVOICE_ROOT": str(folder / "invoices"),
        "RATES_URL": partner.url,
        "WEBHOOK_ORIGINS": f"{partner.url},http://127.0.0.1:9",
        "PUBLIC_ORIGIN": "https://shop.example",
    }
    with start_node(examples / "express-orders" / request.param, folder, environment) as app:
        tokens = {}
        for name in ("ada", "ben", "sam", "root"):
            account = {"email": f"{name}@shop.example", "password": PASSWORD}
            tokens[name] = app.call("POST", "/api/tokens", body=account).json()["token"]
        yield Shop(request.param == "vulnerable", app, tokens)


def test_customers_place_read_change_and_cancel_their_orders(shop: Shop) -> None:
    order = shop.order("ada", note="ring twice", giftMessage="For you")
    path = f"/api/orders/{order['id']}"
    assert order["total_cents"] == 2400
    assert shop.call("ada", "GET", path).json()["items"][0]["name"] == "Enamel mug"
    assert shop.call("ada", "PATCH", path, body={"note": "ring once"}).json()["note"] == "ring once"
    assert shop.call("ada", "GET", path).json()["gift_message"] == "For you"
    listed = shop.call("ada", "GET", "/api/orders?status=pending&sort=status").json()["orders"]
    assert order["id"] in [entry["id"] for entry in listed]
    assert shop.call("ada", "DELETE", path).json()["status"] == "cancelled"
    assert shop.call("ada", "DELETE", path).status == 409
    assert shop.call("ada", "GET", f"/api/orders/{NO_ORDER}").status == 404


def test_staff_move_orders_along(shop: Shop) -> None:
    order = shop.order("ada")
    path = f"/api/orders/{order['id']}/status"
    assert shop.call("sam", "POST", path, body={"status": "packed"}).json()["status"] == "packed"
    assert shop.call("sam", "POST", path, body={"status": "eaten"}).status == 400
    assert shop.call("sam", "GET", "/api/reports/top-customers").json()["customers"][0]["name"] == "Ada"


def test_pages_show_orders(shop: Shop) -> None:
    order = shop.order("ben", note="blue door", giftMessage="Two\nlines")
    assert order["id"] in shop.call("ben", "GET", "/orders").text
    page = shop.call("ben", "GET", f"/orders/{order['id']}").text
    assert "Two" in page
    assert "Two\nlines" not in page
    found = shop.call("ben", "GET", "/orders/search?q=blue")
    assert order["id"] in found.text
    assert "Orders matching blue" in found.text


def test_login_form_returns_to_the_page_that_was_asked_for(shop: Shop) -> None:
    anonymous = shop.app.call("GET", "/orders/search?q=mug")
    assert anonymous.headers["location"] == "/login?returnTo=" + quote("/orders/search?q=mug", safe="")
    assert 'value="/orders/search?q=mug"' in shop.app.call("GET", anonymous.headers["location"]).text
    form = {"email": "ada@shop.example", "password": PASSWORD, "returnTo": "/orders/search?q=mug"}
    reply = shop.app.call("POST", "/login", form=form)
    assert (reply.status, reply.headers["location"]) == (303, "/orders/search?q=mug")
    cookie = reply.headers["set-cookie"].partition(";")[0]
    assert shop.app.call("GET", "/orders", headers={"cookie": cookie}).status == 200
    assert shop.app.call("POST", "/login", form={**form, "password": "wrong"}).status == 401
    assert shop.app.call("POST", "/logout").headers["location"] == "/login"


def test_catalogue_is_public_and_sorted_by_known_columns(shop: Shop) -> None:
    products = shop.app.call("GET", "/api/products?sort=price&search=n&limit=2").json()["products"]
    assert [product["name"] for product in products] == ["Enamel mug", "Linen apron"]
    odd = shop.app.call("GET", "/api/products?" + urlencode({"sort": "(SELECT 1/0)"}))
    assert odd.status in (200, 400)
    assert shop.app.call("GET", "/health").json() == {"status": "ok"}


def test_shipping_rates_come_from_the_configured_host(shop: Shop, partner: Any) -> None:
    assert shop.call("ada", "GET", "/api/products/shipping/DE").json() == partner.reply
    assert partner.paths[-1] == "/v1/rates/DE"
    assert shop.call("ada", "GET", "/api/products/shipping/..").status in (400, 404)


def test_invoices_are_written_read_and_archived(shop: Shop) -> None:
    order = shop.order("ada")
    file = shop.call("ada", "POST", f"/api/invoices/{order['id']}").json()["file"]
    assert "2 x Enamel mug at 12" in shop.call("ada", "GET", f"/api/invoices/files/{file}").text
    archive = shop.call("ada", "GET", f"/api/invoices/archive?month={file[:7]}")
    assert (archive.status, archive.headers["content-type"]) == (200, "application/gzip")
    assert shop.call("ben", "POST", f"/api/invoices/{order['id']}").status == 404


def test_webhooks_are_kept_tested_called_and_removed(shop: Shop, partner: Any) -> None:
    hook = {"event": "order.created", "url": f"{partner.url}/orders"}
    added = shop.call("ada", "POST", "/api/webhooks", body=hook).json()
    assert shop.call("ada", "GET", "/api/webhooks").json()["webhooks"] == [added]
    tested = shop.call("ada", "POST", "/api/webhooks/test", body={"url": f"{partner.url}/try"}).json()
    assert tested == {"status": 200, "body": partner.reply}
    shop.order("ada")
    assert partner.paths[-2:] == ["/try", "/orders"]
    assert shop.call("ben", "DELETE", f"/api/webhooks/{added['id']}").status == 404
    assert shop.call("ada", "DELETE", f"/api/webhooks/{added['id']}").status == 204


def test_admin_pages_are_for_administrators(shop: Shop) -> None:
    shop.order("ada")
    assert shop.call("root", "GET", "/admin/stats").json()["stats"]
    assert shop.call("root", "GET", "/admin/disk").json()["disk"]
    assert shop.call("ada", "GET", "/admin/stats").status == 403
    assert shop.app.call("GET", "/admin/stats").status == 401


@pytest.mark.parametrize("path", ["/api/orders", "/api/webhooks", "/api/invoices/archive?month=2026-01"])
def test_most_of_the_api_asks_for_a_login(shop: Shop, path: str) -> None:
    assert shop.app.call("GET", path).status == 401


def test_sort_parameter_reads_password_hashes(shop: Shop) -> None:
    shop.order("ben")
    shop.order("ben")
    secret = "(SELECT password_hash FROM customers WHERE id = 1 AND orders.id IS NOT NULL)"
    reply = shop.call("ben", "GET", "/api/orders?" + urlencode({"sort": f"CAST({secret} AS integer)"}))
    assert (PASSWORD_HASH in reply.text) is shop.vulnerable


def test_search_term_reads_another_table(shop: Shop) -> None:
    term = "' UNION SELECT gen_random_uuid(), password_hash, '' FROM customers --"
    reply = shop.call("ben", "GET", "/orders/search?" + urlencode({"q": term}))
    assert (PASSWORD_HASH in reply.text) is shop.vulnerable


def test_search_term_is_returned_as_markup(shop: Shop) -> None:
    reply = shop.call("ben", "GET", "/orders/search?" + urlencode({"q": "<script>alert(1)</script>"}))
    assert reply.status == 200
    assert ("<script>alert(1)" in reply.text) is shop.vulnerable


def test_gift_message_is_returned_as_markup(shop: Shop) -> None:
    order = shop.order("ben", giftMessage="<img src=x onerror=alert(1)>")
    page = shop.call("ben", "GET", f"/orders/{order['id']}")
    assert ("<img src=x" in page.text) is shop.vulnerable


def test_month_runs_a_command(shop: Shop) -> None:
    marker = shop.app.folder / "marker"
    month = f"x; touch {marker}; #"
    shop.call("ada", "GET", "/api/invoices/archive?" + urlencode({"month": month}))
    assert marker.exists() is shop.vulnerable


def test_invoice_name_reaches_other_files(shop: Shop) -> None:
    order = shop.order("ada")
    file = shop.call("ada", "POST", f"/api/invoices/{order['id']}").json()["file"]
    reply = shop.call("ben", "GET", "/api/invoices/files/" + quote(f"../1/{file}", safe=""))
    assert (order["id"] in reply.text) is shop.vulnerable


def test_webhook_test_reaches_the_internal_network(shop: Shop, internal: Any) -> None:
    reply = shop.call("ben", "POST", "/api/webhooks/test", body={"url": f"{internal.url}/latest"})
    assert ("instance-credentials" in reply.text) is shop.vulnerable


def test_stored_webhook_reaches_the_internal_network(shop: Shop, internal: Any) -> None:
    internal.paths.clear()
    hook = {"event": "order.created", "url": f"{internal.url}/stored"}
    shop.call("ben", "POST", "/api/webhooks", body=hook)
    shop.order("ben")
    assert ("/stored" in internal.paths) is shop.vulnerable


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example/"])
def test_login_redirects_to_another_site(shop: Shop, target: str) -> None:
    form = {"email": "ada@shop.example", "password": PASSWORD, "returnTo": target}
    location = shop.app.call("POST", "/login", form=form).headers["location"]
    assert (location != "/orders") is shop.vulnerable


def test_anyone_can_change_the_status_of_an_order(shop: Shop) -> None:
    path = f"/api/orders/{shop.order('ada')['id']}/status"
    delivered, packed = {"status": "delivered"}, {"status": "packed"}
    assert shop.app.call("POST", path, body=delivered).status == (200 if shop.vulnerable else 401)
    assert shop.call("ben", "POST", path, body=packed).status == (200 if shop.vulnerable else 403)


def test_anyone_can_read_the_customer_report(shop: Shop) -> None:
    shop.order("ada")
    reply = shop.app.call("GET", "/api/reports/top-customers")
    assert ("ada@shop.example" in reply.text) is shop.vulnerable


def test_orders_of_others_can_be_read_and_cancelled(shop: Shop) -> None:
    order = shop.order("ada", note="gate code 4711")
    path = f"/api/orders/{order['id']}"
    assert ("4711" in shop.call("ben", "GET", path).text) is shop.vulnerable
    assert shop.call("ben", "DELETE", path).status == (200 if shop.vulnerable else 404)


def test_negative_quantity_lowers_the_total(shop: Shop) -> None:
    body = {"items": [{"productId": 1, "quantity": 1}, {"productId": 2, "quantity": -3}]}
    reply = shop.call("ben", "POST", "/api/orders", body=body)
    assert reply.status == (201 if shop.vulnerable else 400)
    assert (reply.json().get("total_cents", 0) < 0) is shop.vulnerable


def test_malformed_identifier_is_an_internal_error_with_details(shop: Shop) -> None:
    reply = shop.call("ben", "PATCH", "/api/orders/not-a-uuid", body={"note": "x"})
    assert reply.status == (500 if shop.vulnerable else 400)
    assert ("invalid input syntax for type uuid" in reply.text) is shop.vulnerable


def test_webhook_without_a_url_is_stored_or_fails_inside(shop: Shop) -> None:
    body = {"event": "order.created", "url": "not a url"}
    assert shop.call("ben", "POST", "/api/webhooks", body=body).status == (201 if shop.vulnerable else 400)


def test_error_answer_carries_a_stack(shop: Shop) -> None:
    reply = shop.app.call("POST", "/api/tokens", body="not an object")
    assert reply.status == 400
    assert ("node_modules" in reply.text) is shop.vulnerable


def test_undelivered_webhook_leaves_a_trace_only_in_the_hardened_log(shop: Shop) -> None:
    output = shop.app.folder.parent / "output.log"
    assert shop.call("sam", "POST", "/api/webhooks", body=CLOSED_HOOK).status == 201
    before = output.stat().st_size
    shop.order("sam")
    assert ("webhook not delivered" in output.read_text()[before:]) is not shop.vulnerable


def test_another_site_cannot_submit_a_form(shop: Shop) -> None:
    foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    reply = shop.app.call("POST", "/logout", headers=foreign)
    assert reply.status == (303 if shop.vulnerable else 403)


@pytest.mark.parametrize("version", ["vulnerable", "hardened"])
def test_start_without_secrets(version: str, examples: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed, so the Express example cannot be started")
    config = examples / "express-orders" / version / "src" / "config.js"
    script = f"console.log(require({str(config)!r}).jwtSecret.length)"
    environment = {"PATH": os.environ["PATH"]}
    run = subprocess.run([node, "-e", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (run.returncode == 0) is (version == "vulnerable")
    assert ("must be set" in run.stderr) is (version == "hardened")
