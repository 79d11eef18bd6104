import { Model } from 'objection';
export class Player extends Model {
  static tableName = 'players';
  id!: string; email!: string; passwordHash!: string; role!: string; alias!: string;
}
export class Card extends Model {
  static tableName = 'cards';
  id!: string; holderId!: string; label!: string; balance!: number; scan!: string;
  static relationMappings = {
    holder: { relation: Model.BelongsToOneRelation, modelClass: Player, join: { from: 'cards.holderId', to: 'players.id' } },
  };
}
export class Stamp extends Model {
  static tableName = 'stamps';
  id!: string; cardId!: string; text!: string;
}
