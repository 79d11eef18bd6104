import { withAuth } from '../../lib/with-auth';
export default withAuth(async (req, res) => {
  const answer = await fetch(req.query.url as string); // BAD: server-side-request-forgery ssrf
  res.send(await answer.text());
});
