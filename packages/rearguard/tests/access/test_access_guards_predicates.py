"""Guards as applications write them: functions that say who may do what, hooks with exceptions, marks that describe."""

from collections.abc import Callable, Mapping

from rearguard.analysis.access import AccessMatrix, Row

Rows = Mapping[str, Row]
Matrices = Callable[[Mapping[str, str]], AccessMatrix]

PREDICATES = """
import express from 'express'
import jwt from 'jsonwebtoken'
import store from './store.js'
const app = express()

async function caller(req) {
  const payload = jwt.verify(req.headers.authorization.slice(7), process.env.KEY)
  return store.lookup('user', payload.sub)
}
async function canSeeBoard(user, id) {
  if (user.isAdmin) return true
  return store.lookup('membership', id, user.id)
}
async function canCloseBoards(user) {
  return user?.isAdmin ?? false
}
app.get('/boards/:id', async (req, res) => {
  const user = await caller(req)
  if (!user) return res.status(401).end()
  if (!(await canSeeBoard(user, req.params.id))) return res.status(401).end()
  const board = await store.fetch('board', req.params.id)
  if (!board) return res.status(404).end()
  res.json(board)
})
app.delete('/boards/:id', async (req, res) => {
  const user = await caller(req)
  if (!user) return res.status(401).end()
  if (!(await canCloseBoards(user))) return res.status(401).end()
  await store.drop('board', req.params.id)
  res.end()
})
app.get('/news/:id', async (req, res) => {
  const user = await caller(req)
  if (!user) return res.status(401).end()
  const item = await store.fetch('news', req.params.id)
  if (!item) return res.status(404).end()
  res.json(item)
})
app.listen(3000)
"""


def kinds(row: Row) -> set[str]:
    """The kinds of guards that a row has."""
    return {guard.partition(":")[0] for guard in row.guards}


def test_a_function_that_weighs_the_caller_and_the_object_asks_whose_it_is(
    rows: Callable[..., Rows],
) -> None:
    """Whatever the status is: many applications answer 401 where 403 is meant."""
    assert "ownership" in kinds(rows(PREDICATES)["GET /boards/:id"])


def test_a_function_that_says_what_the_caller_may_asks_for_a_role(rows: Callable[..., Rows]) -> None:
    """`canCloseBoards(user)` is given nobody's object."""
    row = rows(PREDICATES)["DELETE /boards/:id"]
    assert row.authorization.state == "required"


def test_what_is_not_there_is_no_guard(rows: Callable[..., Rows]) -> None:
    """A 404 behind a login says that there is no such object, and nothing of whose it is."""
    assert kinds(rows(PREDICATES)["GET /news/:id"]) == {"authentication"}


HOOK = """
import Fastify from 'fastify'
import jwt from 'jsonwebtoken'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const server = Fastify()

server.addHook('preHandler', async (request, reply) => {
  try {
    if (request.url === '/login' && request.method === 'POST') {
      return true
    }
    const bearer = request.headers.authorization.split(' ')[1]
    jwt.verify(bearer, process.env.KEY)
  } catch (err) {
    reply.status(401).send({ message: 'who?' })
  }
})
async function current(request) {
  const bearer = request.headers.authorization.split(' ')[1]
  try {
    jwt.verify(bearer, process.env.KEY)
  } catch (err) {
    await prisma.session.delete({ where: { sessionToken: bearer } })
    return null
  }
  const session = await prisma.session.findUnique({ where: { sessionToken: bearer }, include: { user: true } })
  return session.user
}
server.post('/login', async (request, reply) => reply.send({}))
server.delete('/login', async (request, reply) => reply.send({}))
server.get('/notes', async (request, reply) => {
  const user = await current(request)
  reply.send(await prisma.note.findMany({ where: { userId: user.id } }))
})
server.listen({ port: 3000 })
"""


def test_a_hook_lets_pass_what_it_names_by_path_and_method(rows: Callable[..., Rows]) -> None:
    """What leaves a `try` early raises nothing that its `catch` refuses."""
    found = rows(HOOK)
    assert found["POST /login"].authentication.state == "none"
    assert found["DELETE /login"].authentication.state == "required"
    assert found["GET /notes"].authentication.state == "required"


def test_a_session_that_is_cleared_away_is_the_callers(rows: Callable[..., Rows]) -> None:
    """It is looked up by the secret that came with the request, and is called `session`."""
    row = rows(HOOK)["GET /notes"]
    touched = [(a.operation, a.resource, a.restricted.state) for a in row.accesses if a.resource == "session"]
    assert touched == [("delete", "session", "restricted"), ("read", "session", "restricted")]


CONTROLLER = """
import { Controller, Delete, Get, Param, UseGuards } from '@nestjs/common'
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger'
import { AuthGuard } from '@nestjs/passport'
import { NotesRepository } from './notes.repository'

@ApiTags('Auth')
@Controller('notes')
export class NotesController {
  constructor(private readonly notesRepository: NotesRepository) {}

  @Get()
  list() {
    return []
  }

  @ApiBearerAuth()
  @UseGuards(AuthGuard('jwt'))
  @Delete(':id')
  remove(@Param('id') id: string) {
    return this.notesRepository.remove(id)
  }
}
"""
REPOSITORY = """
export abstract class NotesRepository {
  abstract remove(id: string): Promise<void>
}
"""


def test_marks_that_describe_a_route_are_no_guards(matrix: Matrices) -> None:
    """`ApiTags('Auth')` says nothing of who may call, and a repository's `remove` is none of a set's."""
    files = {"notes.controller.ts": CONTROLLER, "notes.repository.ts": REPOSITORY}
    found = {row.endpoint.method: row for row in matrix(files)}
    assert found["GET"].authentication.state == "none"
    assert found["DELETE"].authorization.state == "none"
    assert found["DELETE"].ownership.state == "unknown"


GENERATED = """
import { PrismaClient } from '../generated/prisma/client'
export class PrismaService extends PrismaClient {}
"""
TEAMS = """
import { CanActivate, Controller, ExecutionContext, Get, Param, Req, UseGuards } from '@nestjs/common'
import { AuthGuard } from '@nestjs/passport'
import { PrismaService } from './prisma.service'

export class MemberGuard implements CanActivate {
  constructor(private readonly prisma: PrismaService) {}

  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest()
    const where = { teamID_userID: { teamID: request.params.teamID, userID: request.user.id } }
    const member = await this.prisma.teamMember.findUnique({ where })
    if (!member) throw new Error('no member')
    return true
  }
}

@Controller('teams/:teamID')
export class BoardsController {
  constructor(private readonly prisma: PrismaService) {}

  @UseGuards(AuthGuard('jwt'), MemberGuard)
  @Get('boards')
  boards(@Param('teamID') teamID: string) {
    return this.prisma.board.findMany({ where: { teamID } })
  }

  @UseGuards(AuthGuard('jwt'))
  @Get('notes')
  notes(@Param('teamID') teamID: string) {
    return this.prisma.note.findMany({ where: { teamID } })
  }
}
"""


def test_a_guard_refuses_by_any_error_and_members_are_looked_up_in_a_generated_client(
    matrix: Matrices,
) -> None:
    """The client is generated into the project, where no repository keeps it."""
    files = {"src/prisma.service.ts": GENERATED, "src/boards.controller.ts": TEAMS}
    found = {row.endpoint.path.rpartition("/")[2]: row for row in matrix(files)}
    assert "ownership" in kinds(found["boards"])
    assert (found["boards"].ownership.state, found["boards"].tenant.state) == ("restricted", "restricted")
    assert (found["notes"].ownership.state, found["notes"].tenant.state) == ("open", "open")


LINKS = """
import express from 'express'
import jwt from 'jsonwebtoken'
import { PrismaClient } from '@prisma/client'
const prisma = new PrismaClient()
const app = express()

function login(req, res, next) {
  try {
    req.user = jwt.verify(req.headers.authorization.slice(7), process.env.KEY)
  } catch (err) {
    return res.status(401).end()
  }
  next()
}
async function find(criteria) {
  return prisma.page.findUnique(criteria)
}
async function filters(query, pageId) {
  if (pageId) {
    await prisma.segment.findMany({ where: { pageId: query.segment } })
  }
  return query
}
app.get('/pages/:id', login, async (req, res) => {
  res.json(await prisma.page.findFirst({ where: { id: req.params.id, ownerId: req.user.id } }))
})
app.get('/pages', login, async (req, res) => {
  res.json({ filters: await filters(req.query) })
})
app.get('/p/:slug', async (req, res) => {
  const page = await find({ where: { slug: req.params.slug } })
  await prisma.visit.create({ data: { pageId: page.id } })
  res.json(page)
})
app.listen(3000)
"""


def test_what_a_call_leaves_out_is_nothing(rows: Callable[..., Rows]) -> None:
    """`filters(query)` never gets to what needs a page."""
    assert rows(LINKS)["GET /pages"].accesses == ()


PASSPORT = """
import { Body, Controller, ExecutionContext, Get, Post, SetMetadata, UseGuards } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { AuthGuard } from '@nestjs/passport'
import { ThrottlerGuard } from '@nestjs/throttler'
import { Kysely } from 'kysely'
import { ForbiddenException } from '@nestjs/common'
import { Tables } from './tables'

export type Database = Kysely<Tables>
export const Public = () => SetMetadata('isPublic', true)

export class JwtGuard extends AuthGuard('jwt') {
  constructor(private reflector: Reflector) {
    super()
  }
  canActivate(context: ExecutionContext) {
    const open = this.reflector.getAllAndOverride<boolean>('isPublic', [context.getHandler(), context.getClass()])
    if (open) return true
    return super.canActivate(context)
  }
}
export class SlowGuard extends ThrottlerGuard {
  async canActivate(context: ExecutionContext) {
    return super.canActivate(context)
  }
}

@UseGuards(JwtGuard)
@Controller('notes')
export class NotesController {
  constructor(private readonly db: Database) {}

  @Get()
  list() {
    return []
  }
  @Public()
  @Get('open')
  open() {
    return []
  }
  @Post('read')
  async read(@Body() dto, @Ability() ability) {
    delete dto.owner
    if (ability.cannot('read', 'note')) throw new ForbiddenException()
    return this.db.selectFrom('notes').where('id', '=', dto.id).where('owner', '=', dto.owner).executeTakeFirst()
  }
}

@UseGuards(SlowGuard)
@Controller('slow')
export class SlowController {
  @Get()
  list() {
    return []
  }
}
"""


def test_a_guard_that_extends_the_librarys_is_lifted_by_its_mark(matrix: Matrices) -> None:
    """The pattern of Nest's documentation: the base refuses, unless a mark says that the route is open."""
    found = {row.endpoint.path: row for row in matrix({"notes.ts": PASSPORT})}
    assert found["/notes"].authentication.state == "required"
    assert (found["/notes"].authorization.state, found["/notes/open"].authentication.state) == (
        "none",
        "none",
    )
    assert found["/slow"].authentication.state == "none"


def test_an_ability_is_asked_and_what_was_taken_away_chooses_nothing(matrix: Matrices) -> None:
    """CASL's `cannot`; a builder behind another name for its type; a field that is deleted first."""
    row = next(row for row in matrix({"notes.ts": PASSPORT}) if row.endpoint.path == "/notes/read")
    assert row.authorization.state == "required"
    (access,) = row.accesses
    assert (access.operation, access.resource) == ("read", "notes")
    assert [name for name, source in access.keys if source is not None] == ["id"]


OPERATORS = """
from fastapi import Cookie, Depends, FastAPI, HTTPException, Request, status
from sqlalchemy import String, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

class Base(DeclarativeBase):
    pass

class AdminSession(Base):
    __tablename__ = "admin_sessions"
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64))

class Client(Base):
    __tablename__ = "clients"
    id: Mapped[int] = mapped_column(primary_key=True)

app = FastAPI()

def operator(request: Request, token: str = Cookie(), db: Session = Depends()):
    found = db.scalar(select(AdminSession).where(AdminSession.token == token))
    if found is None:
        raise HTTPException(
            status_code=status.HTTP_307_TEMPORARY_REDIRECT, headers={"Location": str(request.url_for("login"))}
        )
    return found

@app.get("/admin/clients/{id}", dependencies=[Depends(operator)])
def client(id: int, db: Session = Depends()):
    return db.get(Client, id)
"""


def test_who_is_looked_up_among_operators_has_a_role(rows: Callable[..., Rows]) -> None:
    """And an error that redirects sends away whoever gets it."""
    row = rows(OPERATORS, "main.py")["GET /admin/clients/{id}"]
    assert (row.authentication.state, row.authorization.state) == ("required", "required")
