"""What `test_browser.py` visits: a site on the web profile, and, as another site, pages that attack it."""

import os
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response, WebSocket
from fastapi.responses import HTMLResponse
from strongback import KeyRing, MemoryStore, Profile, SystemClock, SystemRandomness
from strongback.fastapi import allow, install, session
from strongback.http.cors import Cors
from strongback.http.csp import ContentSecurityPolicy, csp_nonce, source_hash
from strongback.http.headers import SecurityHeaders
from strongback.mfa.passkeys import Passkey, PasskeyRejectedError, Passkeys
from strongback.sessions import CurrentSession
from strongback.testing import EventRecorder

ORIGIN, FRIEND = os.environ["SITE_ORIGIN"], os.environ["FRIEND_ORIGIN"]
events, store = EventRecorder(), MemoryStore()
FIXED = "document.title += ' and by its hash';"
pages = ContentSecurityPolicy.for_pages().extend(script_src=(source_hash(FIXED),))
cors = Cors([FRIEND], credentials=True, headers=("authorization", "x-note"))
profile = Profile.web(
    origin=ORIGIN,
    store=store,
    keys=KeyRing.from_environment("APP_KEYS"),
    production=False,
    events=events,
    cors=cors,
    headers=SecurityHeaders(pages=pages, report_path="/csp-reports"),
)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
install(app, profile)
clock, rng = SystemClock(), SystemRandomness()
passkeys = Passkeys(
    rp_id="localhost", rp_name="Site", origin=ORIGIN, store=store, clock=clock, rng=rng, events=events
)
Current = Annotated[CurrentSession, Depends(session)]
KEPT: list[Passkey] = []
MOVED: list[str] = []

PAGE = f"""<!doctype html><title>start</title>
<script nonce="NONCE">document.title = "with a nonce";</script>
<script>document.title = "without one";</script>
<script>{FIXED}</script>
<img src=x onerror="document.title = 'a handler'"><p>here</p>"""


@app.get("/", dependencies=[allow.public("the front page")])
def front(request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE.replace("NONCE", csp_nonce(request.scope)))


@app.get("/events", dependencies=[allow.public("for the test")])
def seen() -> list[str]:
    return [event.name.label for event in events.events]


@app.post("/login", dependencies=[allow.public("login")])
async def login(current: Current, response: Response) -> dict[str, bool]:
    await current.log_in("ada")
    response.set_cookie("theme", "dark", domain="localhost")
    return {"ok": True}


@app.get("/me", dependencies=[allow.signed_in()])
async def me(current: Current) -> dict[str, str]:
    return {"subject": current.session.subject if current.session else ""}


@app.post("/transfer", dependencies=[allow.signed_in()])
async def transfer() -> dict[str, int]:
    MOVED.append("money")
    return {"moved": len(MOVED)}


@app.websocket("/feed", dependencies=[allow.signed_in()])
async def feed(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("yours alone")
    await socket.close()


@app.get("/moved", dependencies=[allow.public("for the test")])
def moved() -> int:
    return len(MOVED)


@app.post("/passkeys/options", dependencies=[allow.public("for the test")])
async def options() -> Response:
    text = await passkeys.registration_options("7", handle=bytes(32), name="ada", session="s")
    return Response(text, media_type="application/json")


@app.post("/passkeys/register", dependencies=[allow.public("for the test")])
async def register(request: Request) -> dict[str, bool]:
    try:
        KEPT.append(await passkeys.register((await request.body()).decode(), subject="7", session="s"))
    except PasskeyRejectedError:
        return {"ok": False}
    return {"ok": True}


@app.post("/passkeys/login-options", dependencies=[allow.public("for the test")])
async def login_options() -> Response:
    text = await passkeys.login_options(session="s", subject="7", known=KEPT)
    return Response(text, media_type="application/json")


@app.post("/passkeys/login", dependencies=[allow.public("for the test")])
async def login_with(request: Request, current: Current) -> dict[str, bool]:
    try:
        passkey = await passkeys.verify((await request.body()).decode(), stored=KEPT[-1], session="s")
    except PasskeyRejectedError:
        return {"ok": False}
    await current.log_in(passkey.subject, factors=("hwk",))
    return {"ok": True}


elsewhere = FastAPI()


@elsewhere.get("/")
def empty() -> HTMLResponse:
    return HTMLResponse("<!doctype html><title>elsewhere</title>")


@elsewhere.get("/form")
def form() -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><form method=post action="{ORIGIN}/transfer"><input name=a></form>'
        "<script>document.forms[0].submit()</script>"
    )


@elsewhere.get("/frame")
def frame() -> HTMLResponse:
    return HTMLResponse(f'<!doctype html><title>frame</title><iframe src="{ORIGIN}/"></iframe>')
