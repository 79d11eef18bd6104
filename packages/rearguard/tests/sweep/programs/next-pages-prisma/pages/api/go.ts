import type { NextApiRequest, NextApiResponse } from 'next';
export default function handler(req: NextApiRequest, res: NextApiResponse) {
  res.redirect(req.query.to as string); // BAD: open-redirect redirect
}
