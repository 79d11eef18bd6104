import { NextRequest, NextResponse } from 'next/server';
import { redirect } from 'next/navigation';
import { eq } from 'drizzle-orm';
import bcrypt from 'bcryptjs';
import { getSession } from '../../../lib/session';
import { db } from '../../../lib/db';
import { accounts } from '../../../lib/schema';
export async function POST(request: NextRequest) { // BAD: missing-rate-limit login-limit
  const form = await request.formData();
  const account = await db.query.accounts.findFirst({ where: eq(accounts.email, String(form.get('email'))) });
  if (!account) return NextResponse.json({ error: 'No such account' }, { status: 404 }); // BAD: user-enumeration enum
  if (!(await bcrypt.compare(String(form.get('password')), account.passwordHash!))) return NextResponse.json({ error: 'Wrong password' }, { status: 401 });
  const session = await getSession();
  session.accountId = account.id;
  session.role = account.role!;
  await session.save();
  return NextResponse.redirect(new URL(request.nextUrl.searchParams.get('next') ?? '/', request.url)); // BAD: open-redirect redirect
}
export async function DELETE() { // OK: logout
  const session = await getSession();
  session.destroy();
  return new NextResponse(null, { status: 204 });
}
