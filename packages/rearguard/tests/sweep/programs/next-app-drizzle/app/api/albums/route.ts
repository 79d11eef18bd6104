import { NextRequest, NextResponse } from 'next/server';
import { eq } from 'drizzle-orm';
import { getSession } from '../../../lib/session';
import { db } from '../../../lib/db';
import { albums } from '../../../lib/schema';

export async function GET(request: NextRequest) { // OK: idor-list
  const session = await getSession();
  if (!session.accountId) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 });
  const rows = await db.select().from(albums).where(eq(albums.artistId, session.accountId)).limit(50);
  return NextResponse.json(rows);
}
export async function POST(request: NextRequest) {
  const session = await getSession();
  if (!session.accountId) return NextResponse.json({ error: 'Unauthorized' }, { status: 401 });
  const body = await request.json();
  const [row] = await db.insert(albums).values({ artistId: session.accountId, ...body }).returning(); // BAD: mass-assignment mass-write
  return NextResponse.json(row, { status: 201 });
}
