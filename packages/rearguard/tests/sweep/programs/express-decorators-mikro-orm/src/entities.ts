import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/core';
@Entity() export class Sender {
  @PrimaryKey() id!: number;
  @Property() email!: string;
  @Property() secret!: string;
  @Property() admin: boolean = false;
}
@Entity() export class Parcel {
  @PrimaryKey() id!: number;
  @ManyToOne(() => Sender) sender!: Sender;
  @Property() destination!: string;
}
@Entity() export class Label {
  @PrimaryKey() id!: number;
  @ManyToOne(() => Parcel) parcel!: Parcel;
  @Property() text!: string;
}
