import { NextRequest, NextResponse } from 'next/server';
import { and, eq } from 'drizzle-orm';
import { getSession } from '../../../../lib/session';
import { db } from '../../../../lib/db';
import { albums } from '../../../../lib/schema';

type Context = { params: { id: string } };
export async function GET(_request: NextRequest, { params: { id } }: Context) { // OK: idor-read
  const { accountId } = await getSession();
  if (!accountId) return Response.json({ error: 'Unauthorized' }, { status: 401 });
  const album = await db.query.albums.findFirst({ where: eq(albums.id, Number(id)) });
  if (!album || album.artistId !== accountId) return Response.json({ error: 'Not found' }, { status: 404 });
  return Response.json(album);
}
export async function DELETE(_request: NextRequest, { params: { id } }: Context) { // OK: idor-delete
  const session = await getSession();
  if (!session.accountId) return Response.json({ error: 'Unauthorized' }, { status: 401 });
  await db.delete(albums).where(and(eq(albums.id, Number(id)), eq(albums.artistId, session.accountId)));
  return new Response(null, { status: 204 });
}
