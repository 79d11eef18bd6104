import { ForbiddenException, Injectable, NotFoundException } from '@nestjs/common';
import { PrismaService } from './prisma.service';
import { Principal } from './auth';
@Injectable()
export class VehicleService {
  constructor(private prisma: PrismaService) {}
  one(id: string) { return this.prisma.vehicle.findUniqueOrThrow({ where: { id } }); }
  async owned(id: string, me: Principal) {
    const vehicle = await this.prisma.vehicle.findUnique({ where: { id } });
    if (!vehicle) throw new NotFoundException();
    this.assertOwner(vehicle, me);
    return vehicle;
  }
  private assertOwner(vehicle: { driverId: string }, me: Principal) {
    if (vehicle.driverId !== me.sub) throw new ForbiddenException();
  }
  async inFleet(id: string, fleetId: string) {
    const vehicle = await this.prisma.vehicle.findFirst({ where: { AND: [{ id }, { fleetId }] } });
    if (!vehicle) throw new NotFoundException();
    return vehicle;
  }
  list() { return this.prisma.vehicle.findMany({ take: 50 }); }
  mine(me: Principal) { return this.prisma.vehicle.findMany({ where: { driverId: me.sub }, take: 50 }); }
  ofFleet(fleetId: string) { return this.prisma.vehicle.findMany({ where: { fleetId }, take: 50 }); }
  update(id: string, notes: string) { return this.prisma.vehicle.update({ where: { id }, data: { notes } }); }
  remove(id: string) { return this.prisma.vehicle.delete({ where: { id } }); }
}
