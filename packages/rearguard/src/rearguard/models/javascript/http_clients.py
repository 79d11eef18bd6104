"""HTTP clients: fetch, axios, got, node-fetch, undici, request, superagent, needle, ky, phin.

API references: https://fetch.spec.whatwg.org/#fetch-method, https://axios-http.com/docs/api_intro,
https://github.com/sindresorhus/got, https://undici.nodejs.org/, https://github.com/request/request,
https://ladjs.github.io/superagent/, https://github.com/tomas/needle
"""

from rearguard.models.concepts import GuardedAgent, OutboundRequest
from rearguard.models.dsl import Library

__all__ = ["HTTP_CLIENTS"]

_VERBS = "{get,delete,head,options,post,put,patch}"
_AGENTS = (
    "(-1).httpAgent",
    "(-1).httpsAgent",
    "(-1).agent",
    "(-1).dispatcher",
    "(-1).agent.http",
    "(-1).agent.https",
)
_NEEDLE = "{get,delete,head,post,put,patch}"

HTTP_CLIENTS = Library(
    name="http-clients",
    language="javascript",
    packages=("axios", "got", "node-fetch", "cross-fetch", "undici", "request", "superagent", "needle", "ky"),
    types={
        "Axios": ("axios", "axios.create()", "axios.default", "axios.{Axios,AxiosInstance}()"),
        "Got": ("got", "got.got", "got.extend()", "Got.extend()"),
        "Request": (
            "request",
            "request.defaults()",
            "{request-promise,request-promise-native}",
        ),
        "Agent": ("superagent", "superagent.agent()"),
        "Wreck": ("{@hapi/wreck,wreck}", "{@hapi/wreck,wreck}.defaults()"),
        "Browser": (
            "{puppeteer,puppeteer-core,puppeteer.default}.{launch,connect}()",
            "{playwright,playwright-core}.{chromium,firefox,webkit}.{launch,connect}()",
            "Browser.{newContext,createBrowserContext,createIncognitoBrowserContext}()",
        ),
        "Page": ("Browser.newPage()", "puppeteer.Page()", "playwright.Page()"),
        "Ky": ("ky", "ky.create()", "ky.extend()"),
    },
    concepts=(
        # https://github.com/y-mehta/ssrf-req-filter, https://github.com/azu/request-filtering-agent,
        # https://github.com/roccomuso/node-ssrf, https://github.com/felixbuenemann/ssrf-agent
        GuardedAgent("{ssrf-req-filter,ssrf-agent,ssrf-agent-guard}()"),
        GuardedAgent(
            "request-filtering-agent.{useAgent,RequestFilteringHttpAgent,RequestFilteringHttpsAgent}()"
        ),
        GuardedAgent("request-filtering-agent.{globalHttpAgent,globalHttpsAgent}"),
        OutboundRequest(
            "{global.fetch,node-fetch,cross-fetch,undici.fetch,isomorphic-fetch}(0)", guards=_AGENTS
        ),
        OutboundRequest(f"Axios.{_VERBS}(0)", guards=_AGENTS),
        OutboundRequest("Axios(0)", guards=_AGENTS),
        OutboundRequest("{Axios,Axios.request}(0).url", guards=_AGENTS),
        OutboundRequest("{Axios,Axios.request}(0).baseURL", guards=_AGENTS),
        OutboundRequest("axios.create(0).baseURL"),
        OutboundRequest("Got(0)", guards=_AGENTS),
        OutboundRequest(f"Got.{{{_VERBS[1:-1]},stream}}(0)", guards=_AGENTS),
        OutboundRequest("Got(0).url"),
        OutboundRequest("undici.{request,stream,pipeline}(0)", guards=_AGENTS),
        OutboundRequest("undici.{Client,Pool}(0)"),
        OutboundRequest("Request(0)"),
        OutboundRequest("Request.{get,del,head,post,put,patch}(0)"),
        OutboundRequest("Request(0).url"),
        OutboundRequest("Request(0).uri"),
        OutboundRequest("Agent.{get,del,delete,head,post,put,patch}(0)"),
        OutboundRequest("Agent(-1)"),
        OutboundRequest(f"needle.{_NEEDLE}(0)", guards=_AGENTS),
        OutboundRequest("needle(1)", guards=_AGENTS),
        OutboundRequest("needle.request(1)"),
        OutboundRequest("Wreck.{get,post,put,patch,delete}(0)"),
        OutboundRequest("Wreck.request(1)"),
        OutboundRequest("{phin,bent(),wretch,download,ofetch.ofetch,ofetch.$fetch}(0)"),
        OutboundRequest("jsdom.JSDOM.fromURL(0)"),
        OutboundRequest("{net,tls}.{connect,createConnection}(0).host"),
        OutboundRequest("{net,tls}.{connect,createConnection}(1)"),
        OutboundRequest("{simple-get,simple-get.concat,simple-get.get,simple-get.post}(0)"),
        # A browser goes there, files and the own network included.
        OutboundRequest("Page.goto(0)"),
        OutboundRequest("Ky(0)"),
        OutboundRequest("Ky.{get,post,put,patch,head,delete}(0)"),
    ),
)
