import { Service } from 'typedi';
import { ForbiddenError, NotFoundError } from 'routing-controllers';
import { Card, Player } from './models';
@Service()
export class CardService {
  byId(id: string) { return Card.query().findById(id).throwIfNotFound(); }
  async ofHolder(id: string, player: Player) {
    const card = await Card.query().findById(id);
    if (!card) throw new NotFoundError();
    if (card.holderId !== player.id) throw new ForbiddenError();
    return card;
  }
  rename(id: string, label: string) { return Card.query().patchAndFetchById(id, { label }); }
  renameOwn(id: string, label: string, player: Player) { return Card.query().patch({ label }).where({ id, holderId: player.id }); }
  remove(id: string) { return Card.query().deleteById(id); }
  removeOwn(id: string, player: Player) { return Card.query().delete().where('id', id).where('holderId', player.id); }
}
