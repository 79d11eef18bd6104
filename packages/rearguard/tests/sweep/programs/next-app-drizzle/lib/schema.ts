import { pgTable, serial, integer, text } from 'drizzle-orm/pg-core';
export const accounts = pgTable('accounts', { id: serial('id').primaryKey(), email: text('email'), passwordHash: text('password_hash'), role: text('role'), studioId: integer('studio_id'), name: text('name') });
export const albums = pgTable('albums', { id: serial('id').primaryKey(), artistId: integer('artist_id').references(() => accounts.id), studioId: integer('studio_id'), title: text('title') });
export const tracks = pgTable('tracks', { id: serial('id').primaryKey(), albumId: integer('album_id').references(() => albums.id), title: text('title') });
