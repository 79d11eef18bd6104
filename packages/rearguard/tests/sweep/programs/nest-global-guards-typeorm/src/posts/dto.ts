import { IsOptional, IsString, MaxLength } from 'class-validator';
export class CreatePostDto { @IsString() @MaxLength(200) title: string; @IsString() @MaxLength(20000) content: string; }
export class UpdatePostDto { @IsOptional() @IsString() @MaxLength(200) title?: string; }
