const http = require('http');
const { readJson } = require('./helpers');

class Router {
  constructor() {
    this.routes = [];
  }

  add(method, path, ...handlers) {
    const names = [];
    const source = path.replace(/:(\w+)/g, (_, name) => {
      names.push(name);
      return '([^/]+)';
    });
    this.routes.push({ method, regex: new RegExp(`^${source}$`), names, handlers });
  }

  get(path, ...handlers) {
    this.add('GET', path, ...handlers);
  }

  post(path, ...handlers) {
    this.add('POST', path, ...handlers);
  }

  put(path, ...handlers) {
    this.add('PUT', path, ...handlers);
  }

  delete(path, ...handlers) {
    this.add('DELETE', path, ...handlers);
  }

  async handle(req, res) {
    const url = new URL(req.url, `http://${req.headers.host}`);
    req.query = Object.fromEntries(url.searchParams);
    for (const route of this.routes) {
      const match = route.method === req.method && route.regex.exec(url.pathname);
      if (!match) continue;
      req.params = {};
      route.names.forEach((name, index) => {
        req.params[name] = decodeURIComponent(match[index + 1]);
      });
      if (req.method !== 'GET' && req.headers['content-type'] === 'application/json') {
        req.body = await readJson(req);
      }
      for (const handler of route.handlers) {
        await handler(req, res);
        if (res.writableEnded) return;
      }
      return;
    }
    res.writeHead(404).end();
  }

  listen(port) {
    http.createServer((req, res) => this.handle(req, res)).listen(port);
  }
}

module.exports = { Router };
