import { Args, Mutation, Parent, Query, ResolveField, Resolver, Field, ID, ObjectType } from '@nestjs/graphql';
import { UseGuards, NotFoundException } from '@nestjs/common';
import { GqlGuard, GqlMe, Principal } from './auth';
import { PrismaService } from './prisma.service';
@ObjectType() export class VehicleType { @Field(() => ID) id: string; @Field() plate: string; }
@ObjectType() export class TripType { @Field(() => ID) id: string; @Field() from: string; @Field() to: string; vehicleId: string; }

@Resolver(() => TripType)
export class TripResolver {
  constructor(private prisma: PrismaService) {}
  @UseGuards(GqlGuard)
  @Query(() => TripType)
  trip(@Args('id', { type: () => ID }) id: string) { // BAD: insecure-direct-object-reference idor-read
    return this.prisma.trip.findUnique({ where: { id } });
  }
  @UseGuards(GqlGuard)
  @Query(() => TripType)
  async ownTrip(@Args('id', { type: () => ID }) id: string, @GqlMe() me: Principal) { // OK: idor-read
    const trip = await this.prisma.trip.findFirst({ where: { id, vehicle: { driverId: me.sub } } });
    if (!trip) throw new NotFoundException();
    return trip;
  }
  @UseGuards(GqlGuard)
  @Mutation(() => Boolean)
  async deleteTrip(@Args('id', { type: () => ID }) id: string) { // BAD: insecure-direct-object-reference idor-delete
    await this.prisma.trip.delete({ where: { id } });
    return true;
  }
  @Mutation(() => Boolean)
  async renameTrip(@Args('id', { type: () => ID }) id: string, @Args('to') to: string) { // BAD: missing-authentication|insecure-direct-object-reference|missing-authorization noauth
    await this.prisma.trip.update({ where: { id }, data: { to } });
    return true;
  }
  @ResolveField(() => VehicleType)
  vehicle(@Parent() trip: TripType) { // OK: idor-read
    return this.prisma.vehicle.findUnique({ where: { id: trip.vehicleId } });
  }
}
