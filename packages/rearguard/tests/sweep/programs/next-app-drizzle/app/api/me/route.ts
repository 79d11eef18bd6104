import { NextResponse } from 'next/server';
import { eq } from 'drizzle-orm';
import { requireAccount } from '../../../lib/session';
import { db } from '../../../lib/db';
import { accounts } from '../../../lib/schema';
export async function GET() {
  const me = await requireAccount();
  const [account] = await db.select().from(accounts).where(eq(accounts.id, me.id));
  return NextResponse.json(account); // BAD: excessive-data-exposure mass-read
}
