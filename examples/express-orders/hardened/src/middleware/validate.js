// Checks the named parts of a request and puts what the schemas return into `req.valid`.
function validate(schemas) {
  return (req, res, next) => {
    const valid = {};
    for (const [part, schema] of Object.entries(schemas)) {
      const result = schema.safeParse(req[part] ?? {});
      if (!result.success) {
        const fields = result.error.issues.map((issue) => issue.path.join('.'));
        return res.status(400).json({ error: `Invalid ${part}`, fields });
      }
      valid[part] = result.data;
    }
    req.valid = valid;
    return next();
  };
}

module.exports = { validate };
