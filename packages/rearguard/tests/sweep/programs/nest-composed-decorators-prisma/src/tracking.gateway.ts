import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway, WebSocketServer } from '@nestjs/websockets';
import { Server, Socket } from 'socket.io';
import { PrismaService } from './prisma.service';
@WebSocketGateway({ namespace: 'tracking' })
export class TrackingGateway {
  @WebSocketServer() server: Server;
  constructor(private prisma: PrismaService) {}
  @SubscribeMessage('note')
  async note(@MessageBody() data: { id: string; notes: string }, @ConnectedSocket() socket: Socket) { // BAD: missing-authentication noauth
    await this.prisma.vehicle.update({ where: { id: data.id }, data: { notes: data.notes } });
    socket.emit('ok');
  }
}
