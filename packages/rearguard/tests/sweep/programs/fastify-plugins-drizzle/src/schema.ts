import { pgTable, serial, integer, text, boolean } from 'drizzle-orm/pg-core';
export const accounts = pgTable('accounts', {
  id: serial('id').primaryKey(),
  email: text('email').notNull().unique(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').default('cook'),
  kitchenId: integer('kitchen_id'),
  bio: text('bio'),
});
export const recipes = pgTable('recipes', {
  id: serial('id').primaryKey(),
  cookId: integer('cook_id').references(() => accounts.id),
  kitchenId: integer('kitchen_id'),
  title: text('title'),
  photo: text('photo'),
});
export const steps = pgTable('steps', {
  id: serial('id').primaryKey(),
  recipeId: integer('recipe_id').references(() => recipes.id),
  text: text('text'),
});
