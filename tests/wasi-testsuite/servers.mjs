/** The HTTP servers that a test of wasi:http/client talks to: `servers` of its JSON. */

import http from 'node:http';
import net from 'node:net';

/** Starts what a test names. Answers the variables that tell the component where they are, and how to stop them. */
export async function startServers(specs = []) {
  const env = {};
  const running = [];
  for (const { name, kind = 'listening', endpoints = [] } of specs) {
    const server =
      kind === 'closed' ? net.createServer() : http.createServer(answerWith(endpoints));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    env[`HTTP_SERVER_${name.toUpperCase()}`] = `127.0.0.1:${server.address().port}`;
    if (kind === 'closed') await new Promise((resolve) => server.close(resolve));
    else running.push(server);
  }
  return {
    env,
    stop() {
      for (const server of running) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

function answerWith(endpoints) {
  return async (request, response) => {
    // Not by `setHeader`, after which Node 20 merges headers of the same name.
    response.shouldKeepAlive = false;
    const cors = request.headers.origin === undefined ? {} : CORS;
    if (request.headers['access-control-request-method'] !== undefined) {
      response.writeHead(204, cors).end();
      return;
    }
    const endpoint = endpoints.find(
      ({ method = 'GET', path = '/' }) => method === request.method && path === request.url,
    );
    if (endpoint === undefined) {
      response.writeHead(404, cors).end();
      return;
    }
    const { mode = 'static' } = endpoint;
    if (mode === 'echo-body') response.writeHead(200, cors).end(await collect(request));
    else if (mode === 'echo-headers') await echoHeaders(request, response, cors);
    else answerStatic(endpoint.response, response, cors);
  };
}

/** What lets a page of another origin see everything; sent to pages only. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': '*',
  'access-control-allow-headers': '*',
  'access-control-expose-headers': '*',
};

async function collect(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function echoHeaders(request, response, cors) {
  await collect(request);
  const headers = ['x-request-method', request.method, 'x-request-path', request.url];
  const add = (prefix, raw) => {
    for (let i = 0; i + 1 < raw.length; i += 2) headers.push(`${prefix}${raw[i]}`, raw[i + 1]);
  };
  add('x-echo-', request.rawHeaders);
  add('x-trailer-', request.rawTrailers);
  response
    .writeHead(200, [...headers, 'content-length', '0', ...Object.entries(cors).flat()])
    .end();
}

function answerStatic(spec = {}, response, cors) {
  const given = typeof spec === 'string' ? { body: spec } : spec;
  const { status = 200, body = '', chunks, trailers = {} } = given;
  const headers = { ...given.headers, ...cors };
  if (chunks === undefined) {
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
    return;
  }
  const names = Object.keys(trailers);
  response.writeHead(
    status,
    names.length > 0 ? { ...headers, trailer: names.join(', ') } : headers,
  );
  for (const chunk of chunks) response.write(chunk);
  response.addTrailers(trailers);
  response.end();
}
