import 'reflect-metadata';
import { Action, createExpressServer, useContainer } from 'routing-controllers';
import { Container } from 'typedi';
import jwt from 'jsonwebtoken';
import { CardController } from './card.controller';
import { PlayerController } from './player.controller';
import { Player } from './models';

useContainer(Container);
export const app = createExpressServer({
  controllers: [CardController, PlayerController],
  validation: { whitelist: true, forbidNonWhitelisted: true },
  authorizationChecker: async (action: Action, roles: string[]) => {
    const token = action.request.headers.authorization?.split(' ')[1];
    if (!token) return false;
    const { sub } = jwt.verify(token, process.env.KEY!, { algorithms: ['HS256'] }) as { sub: string };
    const player = await Player.query().findById(sub);
    if (!player) return false;
    return !roles.length || roles.includes(player.role);
  },
  currentUserChecker: async (action: Action) => {
    const token = action.request.headers.authorization?.split(' ')[1];
    if (!token) return undefined;
    const { sub } = jwt.verify(token, process.env.KEY!, { algorithms: ['HS256'] }) as { sub: string };
    return Player.query().findById(sub);
  },
});
app.listen(3000);
