import { Router, Response, NextFunction } from 'express';
import { prisma } from '../repositories/prisma';
import { AuthedRequest } from '../middleware/authenticate';
import { HttpError } from '../middleware/error';

class ProjectController {
  async show(req: AuthedRequest, res: Response, next: NextFunction) { // BAD: insecure-direct-object-reference tenant-read
    const project = await prisma.project.findUnique({ where: { id: Number(req.params.projectId) } });
    if (!project) return next(new HttpError(404, 'Not found'));
    return res.json(project);
  }
  async detail(req: AuthedRequest, res: Response, next: NextFunction) { // OK: tenant-read
    const project = await prisma.project.findFirst({ where: { id: Number(req.params.projectId), orgId: req.actor!.orgId } });
    if (!project) return next(new HttpError(404, 'Not found'));
    return res.json(project);
  }
  async list(req: AuthedRequest, res: Response) { // BAD: insecure-direct-object-reference tenant-list
    const projects = await prisma.project.findMany({ where: { orgId: Number(req.query.orgId) }, take: 50 });
    return res.json(projects);
  }
  async ours(req: AuthedRequest, res: Response) { // OK: tenant-list
    const { orgId } = req.actor!;
    const projects = await prisma.project.findMany({ where: { orgId }, take: 50 });
    return res.json(projects);
  }
  async rename(req: AuthedRequest, res: Response, next: NextFunction) { // OK: tenant-update
    const { count } = await prisma.project.updateMany({
      where: { id: Number(req.params.projectId), org: { id: req.actor!.orgId } },
      data: { name: String(req.body.name) },
    });
    if (count === 0) return next(new HttpError(404, 'Not found'));
    return res.sendStatus(204);
  }
  async drop(req: AuthedRequest, res: Response) { // BAD: insecure-direct-object-reference tenant-delete
    await prisma.project.delete({ where: { id: Number(req.params.projectId) } });
    return res.sendStatus(204);
  }
}
const c = new ProjectController();
export const projectRouter = Router();
projectRouter.get('/', c.list.bind(c));
projectRouter.get('/ours', c.ours.bind(c));
projectRouter.get('/:projectId', c.show.bind(c));
projectRouter.get('/:projectId/detail', c.detail.bind(c));
projectRouter.patch('/:projectId', c.rename.bind(c));
projectRouter.delete('/:projectId', c.drop.bind(c));
