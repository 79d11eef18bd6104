import { NextRequest } from 'next/server';
import { and, eq } from 'drizzle-orm';
import { requireAccount } from '../../../../../../lib/session';
import { db } from '../../../../../../lib/db';
import { albums, tracks } from '../../../../../../lib/schema';

type Context = { params: { id: string; trackId: string } };
export async function GET(_request: NextRequest, { params }: Context) { // BAD: insecure-direct-object-reference idor-parent
  const account = await requireAccount();
  const album = await db.query.albums.findFirst({ where: and(eq(albums.id, Number(params.id)), eq(albums.artistId, account.id)) });
  if (!album) return new Response(null, { status: 404 });
  return Response.json(await db.query.tracks.findFirst({ where: eq(tracks.id, Number(params.trackId)) }));
}
export async function DELETE(_request: NextRequest, { params }: Context) { // OK: idor-parent
  const account = await requireAccount();
  const album = await db.query.albums.findFirst({ where: and(eq(albums.id, Number(params.id)), eq(albums.artistId, account.id)) });
  if (!album) return new Response(null, { status: 404 });
  await db.delete(tracks).where(and(eq(tracks.id, Number(params.trackId)), eq(tracks.albumId, album.id)));
  return new Response(null, { status: 204 });
}
