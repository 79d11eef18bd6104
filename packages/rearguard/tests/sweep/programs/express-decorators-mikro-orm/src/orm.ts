import { MikroORM, EntityManager } from '@mikro-orm/core';
export let em: EntityManager;
export const init = async () => { em = (await MikroORM.init()).em; };
