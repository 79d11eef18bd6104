import { inject, injectable } from 'inversify';
import { EntityManager } from '@mikro-orm/core';
import { Parcel, Sender } from './entities';
@injectable()
export class ParcelService {
  constructor(@inject(EntityManager) private em: EntityManager) {}
  byId(id: number) { return this.em.fork().findOneOrFail(Parcel, id); }
  ofSender(id: number, sender: Sender) { return this.em.fork().findOneOrFail(Parcel, { id, sender: sender.id }); }
  allOf(sender: Sender) { return this.em.fork().find(Parcel, { sender: sender.id }, { limit: 50 }); }
  async redirect(id: number, destination: string) {
    const em = this.em.fork();
    const parcel = await em.findOneOrFail(Parcel, { id });
    parcel.destination = destination;
    await em.flush();
    return parcel;
  }
  async redirectOwn(id: number, destination: string, sender: Sender) {
    const em = this.em.fork();
    const parcel = await em.findOneOrFail(Parcel, { id });
    if (parcel.sender.id !== sender.id) throw new Error('Forbidden');
    parcel.destination = destination;
    await em.flush();
    return parcel;
  }
  async drop(id: number) { await this.em.fork().nativeDelete(Parcel, { id }); }
  async dropOwn(id: number, sender: Sender) { await this.em.fork().nativeDelete(Parcel, { id, sender: sender.id }); }
}
