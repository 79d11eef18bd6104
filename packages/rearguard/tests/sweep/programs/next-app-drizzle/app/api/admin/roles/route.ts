import { NextRequest, NextResponse } from 'next/server';
import { eq } from 'drizzle-orm';
import { requireAccount } from '../../../../lib/session';
import { db } from '../../../../lib/db';
import { accounts } from '../../../../lib/schema';
export async function PUT(request: NextRequest) { // BAD: missing-authorization|insecure-direct-object-reference noadmin
  await requireAccount();
  const { id, role } = await request.json();
  await db.update(accounts).set({ role }).where(eq(accounts.id, id));
  return NextResponse.json({ ok: true });
}
