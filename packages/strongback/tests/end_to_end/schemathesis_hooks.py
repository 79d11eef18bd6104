"""What schemathesis looks at in every answer of the demo, beside its own checks. Runs in its environment."""

import schemathesis

PUBLIC = {"/health"}
GUARDED = {"x-content-type-options": "nosniff", "x-frame-options": "DENY"}


@schemathesis.check
def nothing_is_given_out_without_a_token(ctx, response, case):
    sent = {name.lower() for name in response.request.headers}
    if "authorization" not in sent and case.operation.path not in PUBLIC:
        assert response.status_code >= 400, f"{response.status_code} without a token"


@schemathesis.check
def every_answer_is_guarded(ctx, response, case):
    for name, value in GUARDED.items():
        assert (response.headers.get(name) or [""])[0] == value, f"{name} is missing"


@schemathesis.check
def an_error_is_a_problem_document_that_echoes_nothing(ctx, response, case):
    if response.status_code >= 400 and response.content:
        kind = (response.headers.get("content-type") or [""])[0]
        assert kind == "application/problem+json", kind
        assert not {"input", "ctx", "msg"} & set(str(response.text).split('"')), response.text
