import { Body, Controller, Delete, Get, Param, ParseUUIDPipe, Patch, Post, Put, Query } from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import { Auth, Me, Principal } from './auth';
import { VehicleService } from './vehicle.service';
import { PrismaService } from './prisma.service';
class NotesDto { @IsString() @MaxLength(500) notes: string; }

@Controller('vehicles')
@Auth()
export class VehicleController {
  constructor(private readonly vehicles: VehicleService, private readonly prisma: PrismaService) {}
  @Get() list() { // BAD: insecure-direct-object-reference idor-list
    return this.vehicles.list();
  }
  @Get('mine') mine(@Me() me: Principal) { // OK: idor-list
    return this.vehicles.mine(me);
  }
  @Get('fleet') fleet(@Query('fleet') fleet: string) { // BAD: insecure-direct-object-reference tenant-list
    return this.vehicles.ofFleet(fleet);
  }
  @Get('our-fleet') ourFleet(@Me() me: Principal) { // OK: tenant-list
    return this.vehicles.ofFleet(me.fleetId);
  }
  @Get(':id') show(@Param('id', ParseUUIDPipe) id: string) { // BAD: insecure-direct-object-reference idor-read
    return this.vehicles.one(id);
  }
  @Get(':id/own') own(@Param('id', ParseUUIDPipe) id: string, @Me() me: Principal) { // OK: idor-read
    return this.vehicles.owned(id, me);
  }
  @Get(':id/fleet') inFleet(@Param('id', ParseUUIDPipe) id: string, @Me() me: Principal) { // OK: tenant-read
    return this.vehicles.inFleet(id, me.fleetId);
  }
  @Put(':id') update(@Param('id', ParseUUIDPipe) id: string, @Body() dto: NotesDto) { // BAD: insecure-direct-object-reference idor-update
    return this.vehicles.update(id, dto.notes);
  }
  @Patch(':id') async updateOwn(@Param('id', ParseUUIDPipe) id: string, @Body() dto: NotesDto, @Me() me: Principal) { // OK: idor-update
    await this.vehicles.owned(id, me);
    return this.vehicles.update(id, dto.notes);
  }
  @Delete(':id') remove(@Param('id', ParseUUIDPipe) id: string) { // BAD: insecure-direct-object-reference idor-delete
    return this.vehicles.remove(id);
  }
  @Delete(':id/own') async removeOwn(@Param('id', ParseUUIDPipe) id: string, @Me() me: Principal) { // OK: idor-delete
    const vehicle = await this.vehicles.owned(id, me);
    return this.vehicles.remove(vehicle.id);
  }
  @Get(':id/trips/:tripId') async trip(@Param('id') id: string, @Param('tripId') tripId: string, @Me() me: Principal) { // BAD: insecure-direct-object-reference idor-parent
    await this.vehicles.owned(id, me);
    return this.prisma.trip.findUnique({ where: { id: tripId } });
  }
  @Get(':id/own-trips/:tripId') async ownTrip(@Param('id') id: string, @Param('tripId') tripId: string, @Me() me: Principal) { // OK: idor-parent
    return this.prisma.trip.findFirst({ where: { id: tripId, vehicleId: id, vehicle: { driverId: me.sub } } });
  }
  @Post() add(@Me() me: Principal, @Body() body: any) {
    return this.prisma.vehicle.create({ data: { driverId: me.sub, fleetId: me.fleetId, ...body } }); // MISSED: mass-assignment mass-write
  }
}
