import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { GraphQLModule } from '@nestjs/graphql';
import { ApolloDriver } from '@nestjs/apollo';
import { PrismaService } from './prisma.service';
import { VehicleController } from './vehicle.controller';
import { VehicleService } from './vehicle.service';
import { DriverController } from './driver.controller';
import { TripResolver } from './trip.resolver';
import { TrackingGateway } from './tracking.gateway';
@Module({
  imports: [JwtModule.register({ global: true, secret: process.env.SECRET, signOptions: { expiresIn: '1h' } }), GraphQLModule.forRoot({ driver: ApolloDriver, autoSchemaFile: true, introspection: false })],
  controllers: [VehicleController, DriverController],
  providers: [PrismaService, VehicleService, TripResolver, TrackingGateway],
})
export class AppModule {}
