"""Quart, where it does not go by Flask's names. API reference: https://quart.palletsprojects.com/en/latest/reference/source/quart/,
https://quart-auth.readthedocs.io/, https://quart-rate-limiter.readthedocs.io/

Its applications, blueprints and `request` are Flask's, in `flask.py`.
"""

from rearguard.models.concepts import (
    CredentialRead,
    Denial,
    Exit,
    FileAccess,
    Guard,
    HtmlResponse,
    Principal,
    Redirect,
    RequestInput,
    ResponseBody,
    SecretUse,
    SessionStore,
    TemplateRender,
    TemplateSource,
)
from rearguard.models.dsl import Library

__all__ = ["QUART"]

QUART = Library(
    name="quart",
    language="python",
    packages=("quart", "quart_auth", "quart_rate_limiter"),
    types={"Socket": ("quart.websocket",)},
    concepts=(
        RequestInput("Socket.{receive,receive_json}()", channel="body"),
        RequestInput("Socket.args", channel="query"),
        RequestInput("Socket.headers", channel="headers"),
        RequestInput("Socket.cookies", channel="cookies"),
        SessionStore("quart.session"),
        Principal("quart.g.{user,current_user}"),
        Principal("quart_auth.current_user"),
        CredentialRead("quart_auth.{current_user,current_user.auth_id}"),
        CredentialRead("quart_auth.authenticated_client"),
        Guard("quart_auth.login_required", kind="authentication"),
        Guard("quart_auth.basic_auth_required()", kind="authentication"),
        Guard("quart_rate_limiter.rate_limit()", kind="rate-limit"),
        Redirect("quart.redirect(0|location)"),
        TemplateRender("quart.{render_template,stream_template}(0|template_name_or_list)", values="**"),
        TemplateSource("quart.{render_template_string,stream_template_string}(0|source)"),
        FileAccess("quart.send_file(0|filename_or_io)", action="send"),
        FileAccess("quart.send_from_directory(0|directory)", action="send"),
        HtmlResponse("quart.make_response(0)", unless_json=True),
        ResponseBody("quart.{jsonify,make_response}(*)"),
        Denial("quart.abort(0)"),
        Exit("quart.abort()"),
        Denial("quart.{make_response,Response}(1|status)"),
        SecretUse("quart.Quart().secret_key", what="signing key"),
    ),
)
