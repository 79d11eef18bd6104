'use server';
import { and, eq } from 'drizzle-orm';
import { revalidatePath } from 'next/cache';
import { getSession, requireAccount } from '../../lib/session';
import { db } from '../../lib/db';
import { accounts, albums } from '../../lib/schema';

export async function removeAlbum(formData: FormData) { // BAD: insecure-direct-object-reference idor-delete
  await requireAccount();
  await db.delete(albums).where(eq(albums.id, Number(formData.get('id'))));
  revalidatePath('/albums');
}
export async function removeOwnAlbum(formData: FormData) { // OK: idor-delete
  const account = await requireAccount();
  await db.delete(albums).where(and(eq(albums.id, Number(formData.get('id'))), eq(albums.artistId, account.id)));
  revalidatePath('/albums');
}
export async function renameAlbum(id: number, title: string) { // BAD: missing-authentication|insecure-direct-object-reference noauth
  await db.update(albums).set({ title }).where(eq(albums.id, id));
}
export async function saveProfile(values: Partial<typeof accounts.$inferInsert>) {
  const account = await requireAccount();
  await db.update(accounts).set(values).where(eq(accounts.id, account.id)); // BAD: mass-assignment self-role
}
export async function saveName(formData: FormData) { // OK: self-role
  const { accountId } = await getSession();
  if (!accountId) throw new Error('Unauthorized');
  await db.update(accounts).set({ name: String(formData.get('name')) }).where(eq(accounts.id, accountId));
}
