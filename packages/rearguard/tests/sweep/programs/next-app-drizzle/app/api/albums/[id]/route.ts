import { NextRequest, NextResponse } from 'next/server';
import { eq } from 'drizzle-orm';
import { getSession } from '../../../../lib/session';
import { db } from '../../../../lib/db';
import { albums } from '../../../../lib/schema';

type Context = { params: { id: string } };
export async function GET(_request: NextRequest, { params }: Context) { // BAD: insecure-direct-object-reference idor-read
  const session = await getSession();
  if (!session.accountId) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 });
  const album = await db.query.albums.findFirst({ where: eq(albums.id, Number(params.id)) });
  return album ? NextResponse.json(album) : new NextResponse(null, { status: 404 });
}
export async function PUT(request: NextRequest, { params }: Context) { // BAD: insecure-direct-object-reference idor-update
  const session = await getSession();
  if (!session.accountId) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 });
  const { title } = await request.json();
  await db.update(albums).set({ title: String(title) }).where(eq(albums.id, Number(params.id)));
  return new NextResponse(null, { status: 204 });
}
export async function DELETE(_request: NextRequest, { params }: Context) { // BAD: missing-authentication|insecure-direct-object-reference noauth
  await db.delete(albums).where(eq(albums.id, Number(params.id)));
  return new NextResponse(null, { status: 204 });
}
