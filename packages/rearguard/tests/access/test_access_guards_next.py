"""Guards of route handlers that get their verdict, and the answer to a refusal, from a helper."""

from collections.abc import Callable, Mapping

import pytest
from rearguard.analysis.access import AccessMatrix

RESPONSES = """
export function unauthorized() {
  return Response.json({ message: 'no' }, { status: 401 })
}
export function badRequest() {
  return Response.json({ message: 'what' }, { status: 400 })
}
"""
LOGIN = """
import jwt from 'jsonwebtoken'

export async function checkAuth(request: Request) {
  const token = request.headers.get('authorization')
  try {
    const payload = jwt.verify(token, process.env.KEY)
    return payload?.userId ? { user: payload } : null
  } catch {
    return null
  }
}
"""
PARSE = """
import { checkAuth } from './auth'
import { badRequest, unauthorized } from './response'

export async function parseRequest(request: Request, schema?: any, options?: { skipAuth: boolean }) {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  let error: () => Response | undefined
  let auth = null
  if (schema && !schema.safeParse(query).success) {
    error = () => badRequest()
  }
  if (!options?.skipAuth && !error) {
    auth = await checkAuth(request)
    if (!auth) {
      error = () => unauthorized()
    }
  }
  return { query, auth, error }
}
"""
ROUTE = """
import fs from 'node:fs/promises'
import { parseRequest } from '../../lib/request'

export async function POST(request: Request) {
  const { query, error } = await parseRequest(request, undefined, %s)
  %s
  await fs.writeFile('/data/note', String(query.text))
  return Response.json({})
}
"""
Matrices = Callable[[Mapping[str, str]], AccessMatrix]


@pytest.mark.parametrize(
    ("options", "test", "state"),
    [
        ("undefined", "if (error) return error()", "required"),
        ("{ skipAuth: false }", "if (error !== undefined) { return error() }", "required"),
        ("{ skipAuth: true }", "if (error) return error()", "none"),
        ("undefined", "if (error) console.warn('refused')", "none"),
        ("undefined", "", "none"),
    ],
)
def test_a_refusal_that_a_helper_leaves_to_its_caller(
    matrix: Matrices, options: str, test: str, state: str
) -> None:
    files = {
        "lib/response.ts": RESPONSES,
        "lib/auth.ts": LOGIN,
        "lib/request.ts": PARSE,
        "app/notes/route.ts": ROUTE % (options, test),
    }
    rows = {row.endpoint.path: row for row in matrix(files)}
    assert rows["/notes"].authentication.state == state


@pytest.mark.parametrize(
    "answer", ["Response.json({}, { status: %s })", "new Response('no', { status: %s })"]
)
@pytest.mark.parametrize(("status", "state"), [("403", "required"), ("201", "none")])
def test_answers_of_the_web_refuse_by_their_status(
    matrix: Matrices, answer: str, status: str, state: str
) -> None:
    text = f"""
import fs from 'node:fs/promises'
import jwt from 'jsonwebtoken'

export async function POST(request: Request) {{
  const caller = jwt.verify(request.headers.get('authorization'), process.env.KEY)
  if (caller.role !== 'admin') return {answer % status}
  await fs.writeFile('/data/note', await request.text())
  return Response.json({{}})
}}
"""
    row = next(iter(matrix({"app/notes/route.ts": text})))
    assert row.authorization.state == state


def test_who_is_on_a_list_of_the_refused_is_no_role(matrix: Matrices) -> None:
    text = """
import fs from 'node:fs/promises'
import { hasBlockedIp, address } from 'somewhere'

export async function POST(request: Request) {
  if (hasBlockedIp(address)) return Response.json({}, { status: 403 })
  await fs.writeFile('/data/note', await request.text())
  return Response.json({})
}
"""
    assert next(iter(matrix({"app/notes/route.ts": text}))).authorization.state == "none"


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_permission_that_is_asked_for_is_one_whatever_the_status(matrix: Matrices, status: str) -> None:
    text = f"""
import fs from 'node:fs/promises'
import jwt from 'jsonwebtoken'
import {{ hasPermission }} from 'somewhere'

export async function POST(request: Request) {{
  const caller = jwt.verify(request.headers.get('authorization'), process.env.KEY)
  if (!hasPermission(caller, 'issue::update')) return Response.json({{}}, {{ status: {status} }})
  await fs.writeFile('/data/note', await request.text())
  return Response.json({{}})
}}
"""
    assert next(iter(matrix({"app/notes/route.ts": text}))).authorization.state == "required"


SESSION = """
import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { jwtVerify } from 'jose'
import { PrismaClient } from '@prisma/client'

export const db = new PrismaClient()
const key = new TextEncoder().encode(process.env.KEY)

export async function me() {
  const raw = (await cookies()).get('harbour')?.value
  if (!raw) redirect('/welcome')
  const claims = await jwtVerify(raw, key).then((r) => r.payload, () => null)
  const user = claims && (await db.user.findUnique({ where: { id: Number(claims.sub) } }))
  if (!user) redirect('/welcome')
  return user
}

export async function operator() {
  const user = await me()
  if (!user.isOperator) redirect('/')
  return user
}
"""


def test_who_calls_is_read_from_a_cookie_and_strangers_are_sent_elsewhere(matrix: Matrices) -> None:
    actions = """
'use server'
import { db, me, operator } from '../lib/session'

export async function rename(id: number, title: string) {
  const user = await me()
  await db.note.update({ where: { id, ownerId: user.id }, data: { title } })
}
export async function close(id: number) {
  await operator()
  await db.note.delete({ where: { id } })
}
export async function drop(id: number) {
  await db.note.delete({ where: { id } })
}
"""
    files = {"lib/session.ts": SESSION, "app/actions.ts": actions}
    rows = {row.endpoint.path.rpartition("#")[2]: row for row in matrix(files)}
    cells = {
        name: (row.authentication.state, row.authorization.state, row.ownership.state)
        for name, row in rows.items()
    }
    assert cells == {
        "rename": ("required", "none", "restricted"),
        "close": ("required", "required", "restricted"),
        "drop": ("none", "none", "open"),
    }


def test_pages_are_behind_their_layouts(matrix: Matrices) -> None:
    page = """
import { db } from '@/lib/session'
export default async function Page({ params }) {
  const note = await db.note.findUnique({ where: { id: Number(params.id) } })
  return <p>{note.title}</p>
}
"""
    layout = """
import { me } from '@/lib/session'
export default async function Layout({ children }) {
  await me()
  return <main>{children}</main>
}
"""
    files = {
        "lib/session.ts": SESSION,
        "app/desk/layout.tsx": layout,
        "app/desk/[id]/page.tsx": page,
        "app/open/[id]/page.tsx": page,
    }
    rows = {row.endpoint.path: row for row in matrix(files)}
    assert rows["/desk/:id"].authentication.state == "required"
    assert rows["/open/:id"].authentication.state == "none"


@pytest.mark.parametrize(
    ("matcher", "guarded"),
    [
        ("", {"/api/desk/a", "/api/open", "/api/desk"}),
        ("export const config = { matcher: '/api/desk/:path*' }", {"/api/desk/a", "/api/desk"}),
        ("export const config = { matcher: ['/api/open', '/api/:part/a'] }", {"/api/open", "/api/desk/a"}),
        ("export const config = { matcher: ['/((?!api/|_next).*)'] }", set()),
        (
            "export const config = { matcher: ['/((?!_next/static|.*\\\\.png$).*)'] }",
            {"/api/desk/a", "/api/open", "/api/desk"},
        ),
    ],
)
def test_middleware_holds_for_what_its_matcher_covers(
    matrix: Matrices, matcher: str, guarded: set[str]
) -> None:
    middleware = (
        """
import { NextResponse, NextRequest } from 'next/server'
import { jwtVerify } from 'jose'
const key = new TextEncoder().encode(process.env.KEY)

export async function middleware(request: NextRequest) {
  try {
    await jwtVerify(request.cookies.get('harbour')?.value ?? '', key)
    return NextResponse.next()
  } catch {
    return NextResponse.json({}, { status: 401 })
  }
}
"""
        + matcher
    )
    route = """
import fs from 'node:fs/promises'
export async function POST(request: Request) {
  await fs.writeFile('/data/note', await request.text())
  return Response.json({})
}
"""
    paths = ("api/desk", "api/desk/a", "api/open")
    files = {f"app/{path}/route.ts": route for path in paths} | {"middleware.ts": middleware}
    found = {row.endpoint.path for row in matrix(files) if row.authentication.state == "required"}
    assert found == guarded


def test_what_only_browsers_run_is_nothing_that_a_page_does(matrix: Matrices) -> None:
    page = """
import { Board } from './Board'
export default async function Page({ params }) {
  return <Board id={params.id} />
}
"""
    board = """
import { useEffect } from 'react'
export function Board({ id }) {
  useEffect(() => { fetch('/api/boards/' + id, { method: 'POST' }) })
  return <p>{id}</p>
}
"""
    files = {"app/[id]/page.tsx": page, "app/[id]/Board.tsx": board, "lib/session.ts": SESSION}
    found = matrix(files | {"app/[id]/Board.tsx": "'use client'\n" + board})
    assert [row.effects for row in found if row.endpoint.path == "/:id"] == [()]
    shared = matrix(files)
    assert [len(row.effects) for row in shared if row.endpoint.path == "/:id"] == [1]


@pytest.mark.parametrize(
    ("member", "role"),
    [("officer", "required"), ("emailVerified", "none"), ("orgId", "none"), ("id", "none")],
)
def test_whoever_is_sent_away_for_lacking_a_mark_lacks_a_role(
    matrix: Matrices, member: str, role: str
) -> None:
    actions = f"""
'use server'
import {{ redirect }} from 'next/navigation'
import {{ db, me }} from '../lib/session'

export async function close(id: number) {{
  const user = await me()
  if (!user.{member}) redirect('/')
  await db.note.delete({{ where: {{ id }} }})
}}
"""
    rows = list(matrix({"lib/session.ts": SESSION, "app/actions.ts": actions}))
    assert [row.authorization.state for row in rows] == [role]
