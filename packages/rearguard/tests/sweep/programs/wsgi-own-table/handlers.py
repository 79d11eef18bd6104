import ipaddress
import os
import subprocess

from own import admin_required, login_required
from store import many, product_sql, run


def search(request):
    # BAD: sql-injection query
    return many(f"SELECT id, name FROM products WHERE name LIKE '%{request.query['q']}%'")


def search_bound(request):
    # OK: query
    return many("SELECT id, name FROM products WHERE name LIKE ?", (f"%{request.query['q']}%",))


def named(request):
    sql = product_sql(request.query["name"])
    # BAD: sql-injection query-built-elsewhere
    return many(sql)


@admin_required
def ping(request):
    host = request.json()["host"]
    # BAD: command-injection command
    return subprocess.run(f"ping -c 1 {host}", shell=True, capture_output=True, text=True).stdout


@admin_required
def ping_address(request):
    host = str(ipaddress.ip_address(request.json()["host"]))
    # OK: command
    return subprocess.run(["ping", "-c", "1", host], capture_output=True, text=True).stdout


def manual(request):
    # BAD: path-traversal file
    with open(os.path.join("/srv/manuals", request.query["name"])) as handle:
        return handle.read()


def manual_base(request):
    # OK: file
    with open(os.path.join("/srv/manuals", os.path.basename(request.query["name"]))) as handle:
        return handle.read()


# BAD: insecure-direct-object-reference read-other
@login_required
def invoice(request):
    return many("SELECT id, note FROM invoices WHERE id = ?", (request.params["invoice_id"],))


# OK: read-other
@login_required
def invoice_own(request):
    key = (request.params["invoice_id"], request.user["id"])
    return many("SELECT id, note FROM invoices WHERE id = ? AND user_id = ?", key)


# BAD: insecure-direct-object-reference write-other
@login_required
def note(request):
    run("UPDATE invoices SET note = ? WHERE id = ?", (str(request.json()["note"])[:500], request.params["invoice_id"]))


# OK: write-other
@login_required
def note_own(request):
    key = (request.params["invoice_id"], request.user["id"])
    run("UPDATE invoices SET note = 'seen' WHERE id = ? AND user_id = ?", key)


# BAD: missing-authentication unguarded
def drop_product(request):
    run("DELETE FROM products WHERE id = ?", (request.params["product_id"],))


# OK: unguarded
@admin_required
def rename_product(request):
    name = str(request.json()["name"])[:80]
    run("UPDATE products SET name = ? WHERE id = ?", (name, request.params["product_id"]))


# OK: unprivileged
@admin_required
def admin_users(request):
    return many("SELECT id, email, role FROM users ORDER BY id LIMIT 100")


# BAD: missing-authorization unprivileged
@login_required
def admin_role(request):
    run("UPDATE users SET role = 'staff' WHERE id = ?", (request.params["user_id"],))


@login_required
def profile(request):
    data = request.json()
    columns = ", ".join(f"{key} = ?" for key in data if key.isidentifier())
    # MISSED: mass-assignment|sql-injection fields
    run(f"UPDATE users SET {columns} WHERE id = ?", (*data.values(), request.user["id"]))


@login_required
def profile_name(request):
    # OK: fields
    run("UPDATE users SET name = ? WHERE id = ?", (str(request.json()["name"])[:80], request.user["id"]))
