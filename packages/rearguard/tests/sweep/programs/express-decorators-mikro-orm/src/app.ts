import 'reflect-metadata';
import express from 'express';
import passport from 'passport';
import { Strategy, ExtractJwt } from 'passport-jwt';
import { Container } from 'inversify';
import { InversifyExpressServer } from 'inversify-express-utils';
import { MikroORM, EntityManager } from '@mikro-orm/core';
import './parcel.controller';
import { asClass, asValue, createContainer } from 'awilix';
import { scopePerRequest, loadControllers } from 'awilix-express';
import { ParcelService } from './parcel.service';
import { LabelService } from './label.service';
import { Sender } from './entities';

async function main() {
  const orm = await MikroORM.init({ type: 'postgresql', entities: ['dist/entities.js'] } as any);
  passport.use(new Strategy({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: process.env.JWT_KEY! }, async (payload, done) => {
    const sender = await orm.em.fork().findOne(Sender, { id: payload.sub });
    return sender ? done(null, sender) : done(null, false);
  }));
  const container = new Container();
  container.bind(EntityManager).toConstantValue(orm.em);
  container.bind(ParcelService).toSelf();
  const server = new InversifyExpressServer(container);
  server.setConfig((app) => { app.use(express.json()); app.use(passport.initialize()); });
  const app = server.build();
  const di = createContainer().register({ em: asValue(orm.em), labelService: asClass(LabelService).scoped() });
  app.use(scopePerRequest(di));
  app.use('/awx', loadControllers('*.api.js', { cwd: __dirname }));
  app.listen(3000);
}
void main();
