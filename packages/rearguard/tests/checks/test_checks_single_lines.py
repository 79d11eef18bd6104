"""What reaches a log and can hold no line break, by what the program declares; and what only looks so."""

from collections.abc import Callable

import pytest
from rearguard.findings import Finding

Found = Callable[..., list[Finding]]

STORE = """
import winston from 'winston'
export const logger = winston.createLogger({ format: winston.format.simple() })
export enum Kind { A = 'a', B = 'b' }
export class Store {
  constructor(private readonly kind: Kind) {}
  put(id: TYPE, files: string[]) {
    logger.info(`LINE`)
  }
}
"""
APP = """
import express from 'express'
import { Store, Kind } from './store'
const app = express()
app.use(express.json())
app.post('/things', (req, res) => {
  new Store(Kind.A).put(req.body.id, req.body.files)
  res.end()
})
"""


@pytest.mark.parametrize(
    ("declared", "line", "count"),
    [
        ("number", "stored ${id} now", 0),
        ("number", "stored ${id} of ${files.length}", 0),
        ("string", "stored ${files.length} files", 0),
        ("string", "stored ${files?.length} files", 0),
        ("string", "stored ${id} now", 1),
        ("any", "stored ${id} now", 1),
        ("number", "stored ${files} now", 1),
        ("number", "stored ${files.length} of ${files.join()}", 1),
    ],
)
def test_what_a_helper_declares(findings_of: Found, declared: str, line: str, count: int) -> None:
    store = STORE.replace("TYPE", declared).replace("LINE", line)
    assert len(findings_of({"store.ts": store, "app.ts": APP}, "log-injection")) == count


def test_what_a_handler_casts_its_request_to_is_a_hope(findings_of: Found) -> None:
    app = APP.replace("(req, res)", "(req: Request<{}, {}, { id: number }>, res)").replace(
        "new Store", "const id: number = req.body.id\n  logger.info(`got ${id} here`)\n  new Store"
    )
    app = app.replace("{ Store, Kind }", "{ Store, Kind, logger }")
    store = STORE.replace("TYPE", "number").replace("LINE", "stored ${id} now")
    assert len(findings_of({"store.ts": store, "app.ts": app}, "log-injection")) == 1
