import { NextResponse } from 'next/server';
import { requireAccount } from '../../../../lib/session';
import { db } from '../../../../lib/db';
import { accounts } from '../../../../lib/schema';
export async function GET() { // OK: noadmin
  const account = await requireAccount();
  if (account.role !== 'admin') return NextResponse.json({ error: 'Forbidden' }, { status: 403 });
  return NextResponse.json(await db.select({ id: accounts.id, email: accounts.email }).from(accounts).limit(100));
}
