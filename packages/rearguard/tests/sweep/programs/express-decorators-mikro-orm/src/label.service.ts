import { EntityManager } from '@mikro-orm/core';
import { Label } from './entities';
export class LabelService {
  private em: EntityManager;
  constructor({ em }: { em: EntityManager }) { this.em = em; }
  get(id: number) { return this.em.findOne(Label, { id }); }
  getOf(id: number, senderId: number) { return this.em.findOne(Label, { id, parcel: { sender: senderId } }); }
  async remove(id: number) { await this.em.nativeDelete(Label, { id }); }
}
