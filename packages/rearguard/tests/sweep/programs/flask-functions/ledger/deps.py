from functools import wraps

from flask import abort, g, redirect, session, url_for

from ledger.models import Member, db


def signed_in(view):
    @wraps(view)
    def inner(*args, **kwargs):
        member_id = session.get("member_id")
        member = db.session.get(Member, member_id) if member_id else None
        if member is None:
            return redirect(url_for("signin.login"))
        g.member = member
        return view(*args, **kwargs)

    return inner


def staff_only(view):
    @wraps(view)
    @signed_in
    def inner(*args, **kwargs):
        if not g.member.is_admin:
            abort(403)
        return view(*args, **kwargs)

    return inner
