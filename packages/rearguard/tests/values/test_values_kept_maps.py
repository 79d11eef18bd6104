"""Maps that middleware keeps on the context: their members are told apart, each by what was put there."""

from pathlib import Path

import pytest
from rearguard.review import Options, review_path

GUARD = """
const parse = (guard: any, data: unknown) => {
  try {
    return guard.parse(data);
  } catch {
    throw new Error('refused');
  }
};

export default function guarded({ query, files }: any) {
  return async (ctx: any, next: any) => {
    ctx.guard = {
      query: parse(query, ctx.request.query),
      files: parse(files, Object.fromEntries(Object.entries(ctx.request.files))),
    };
    return next();
  };
}
"""
APP = """
import { readFile } from 'node:fs/promises';
import Koa from 'koa';
import koaBody from 'koa-body';
import Router from 'koa-router';
import guarded from './guard.js';

const app = new Koa();
const router = new Router();

router.post('/up', guarded({ files: {} }), async (ctx, next) => {
  %s
  return next();
});
app.use(koaBody({ multipart: true }));
app.use(router.routes());
"""


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        ("const [file] = ctx.guard.files.file; ctx.body = await readFile(file.filepath);", False),
        ("ctx.body = await readFile(ctx.guard.query.name);", True),
    ],
)
def test_members_of_what_is_kept_are_told_apart(tmp_path: Path, body: str, reported: bool) -> None:
    """Where the framework puts an upload is no part of what the query says."""
    (tmp_path / "app.ts").write_text(APP % body)
    (tmp_path / "guard.ts").write_text(GUARD)
    findings = review_path(tmp_path, "app", Options(jobs=1)).result.findings
    assert ("path-traversal" in [one.rule.id for one in findings]) is reported
