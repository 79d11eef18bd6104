import { NextRequest, NextResponse } from 'next/server';
import { eq } from 'drizzle-orm';
import { requireAccount } from '../../../../lib/session';
import { db } from '../../../../lib/db';
import { accounts } from '../../../../lib/schema';
export async function POST(request: NextRequest) { // OK: noadmin
  const { role } = await requireAccount();
  if (role !== 'admin') return NextResponse.json({ error: 'Forbidden' }, { status: 403 });
  const { id } = await request.json();
  await db.delete(accounts).where(eq(accounts.id, id));
  return NextResponse.json({ ok: true });
}
