/** wasi:http on the network and on the platform's own fetch; handlers and requests are made in JS, as a component's are. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Fields,
  HttpError,
  Request,
  RequestOptions,
  Response,
  serve,
  toFetchHandler,
  wasi,
} from '../../pkg/dist/wasi-node.js';
import { whereConnectionsHang } from './support/full.mjs';
import { deferred } from './support/time.mjs';

/** Node 20's own name of it, where the package finds it too. */
const DISPOSE = Symbol.dispose ?? Symbol.for('Symbol.dispose');
const bytes = (text) => new TextEncoder().encode(text);
const text = (chunk) => new TextDecoder().decode(chunk);
const fields = (...entries) => Fields.fromList(entries.map(([n, v]) => [n, bytes(v)]));
const none = () => Promise.resolve({ tag: 'ok', val: undefined });
const fine = () => Promise.resolve({ tag: 'ok' });

async function* chunksOf(...parts) {
  for (const part of parts) yield bytes(part);
}
const stream = (...parts) => {
  const items = chunksOf(...parts);
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await items.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    },
    { highWaterMark: 0 },
  );
};
const bodyText = async (contents) => {
  let all = '';
  for await (const chunk of contents) all += text(chunk);
  return all;
};

function reply(status, headers, contents, trailers = none()) {
  const [response, sent] = Response.new(fields(...headers), contents, trailers);
  response.setStatusCode(status);
  return { response, sent };
}

async function served(handle, options, use) {
  const reports = [];
  const server = await serve(handle, { onRequest: (report) => reports.push(report), ...options });
  try {
    await use(server, reports);
  } finally {
    await server.close({ grace: 0 });
  }
  return reports;
}

/** A request without any convenience: what goes over the wire, and what comes back. */
async function raw(port, message) {
  const socket = net.connect(port, '127.0.0.1');
  socket.end(message);
  let all = '';
  for await (const chunk of socket) all += chunk.toString('latin1');
  return all;
}

test('serve: method, target, headers, body and trailers reach the handler, and the answer the client', async () => {
  let seen;
  const handle = async (request) => {
    seen = {
      method: request.getMethod(),
      path: request.getPathWithQuery(),
      scheme: request.getScheme(),
      authority: request.getAuthority(),
      twice: request.getHeaders().get('x-twice').map(text),
      host: request.getHeaders().has('host'),
    };
    const [contents, trailers] = Request.consumeBody(request, fine());
    seen.body = await bodyText(contents);
    seen.trailers = (await trailers).val?.copyAll().map(([n, v]) => [n, text(v)]);
    const end = Promise.resolve({ tag: 'ok', val: fields(['X-Sum', '42']) });
    const answer = reply(
      201,
      [
        ['X-A', '1'],
        ['x-a', '2'],
      ],
      stream('one ', 'two'),
      end,
    );
    seen.sent = answer.sent;
    return answer.response;
  };
  await served(handle, {}, async ({ port }) => {
    const answer = await raw(
      port,
      'POST /a?b=c HTTP/1.1\r\nHost: example.com\r\nX-Twice: 1\r\nx-twice: 2\r\nConnection: close\r\n' +
        'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: t\r\n\r\n',
    );
    const { sent, ...rest } = seen;
    assert.deepEqual(rest, {
      method: { tag: 'post' },
      path: '/a?b=c',
      scheme: { tag: 'HTTP' },
      authority: 'example.com',
      twice: ['1', '2'],
      host: false,
      body: 'hello world',
      trailers: [['X-T', 't']],
    });
    assert.match(answer, /^HTTP\/1\.1 201 /);
    assert.match(answer, /\r\nX-A: 1\r\nX-A: 2\r\n/, 'duplicates stay apart, in their order');
    // How the two parts are put into chunks is up to Node.
    assert.match(answer, /\r\none (\r\n3\r\n)?two\r\n0\r\nX-Sum: 42\r\n\r\n$/);
    assert.deepEqual(await sent, { tag: 'ok' });
  });
});

test('serve: a body streams while it is made, as fast as the client reads', async () => {
  let made = 0;
  const endless = () =>
    new ReadableStream(
      {
        pull(controller) {
          made++;
          controller.enqueue(new Uint8Array(65_536));
        },
      },
      { highWaterMark: 0 },
    );
  let sent;
  const handle = () => {
    const answer = reply(200, [], endless());
    sent = answer.sent;
    return answer.response;
  };
  const reports = await served(handle, {}, async ({ port }) => {
    const request = http.get({ port, agent: false });
    const [response] = await once(request, 'response');
    await once(response, 'readable');
    await delay(100);
    const before = made;
    await delay(100);
    assert.equal(made, before, 'nothing is made that nobody reads');
    response.destroy();
    assert.equal((await sent).val.tag, 'connection-terminated');
  });
  assert.equal(reports[0].error.payload.tag, 'connection-terminated');
});

test('serve: a client that goes away aborts the handler', async () => {
  let aborted;
  const begun = new Promise((resolve) => {
    aborted = (_, { signal }) =>
      new Promise((_, reject) => {
        resolve(signal);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
  });
  const reports = await served(aborted, {}, async ({ port }) => {
    const request = http.get({ port, agent: false });
    request.on('error', () => {});
    const signal = await begun;
    assert.equal(signal.aborted, false);
    request.destroy();
    await once(signal, 'abort');
    await delay(20);
  });
  assert.equal(reports[0].status, undefined);
  assert.equal(reports[0].error.payload.tag, 'connection-terminated');
});

test('serve: errors of the handler become status codes, a broken body a broken connection', async () => {
  const handle = async (request) => {
    const path = request.getPathWithQuery();
    if (path === '/timeout') throw new HttpError({ tag: 'connection-timeout' });
    if (path === '/refused') throw new HttpError({ tag: 'connection-refused' });
    if (path === '/bug') throw new Error('bug');
    const size = path === '/long' ? '2' : '20';
    const trailers =
      path === '/trailers'
        ? Promise.resolve({ tag: 'err', val: { tag: 'internal-error', val: undefined } })
        : none();
    const headers = path === '/trailers' ? [] : [['content-length', size]];
    return reply(200, headers, stream('hello'), trailers).response;
  };
  await served(handle, {}, async ({ url }, reports) => {
    assert.equal((await fetch(`${url}/timeout`)).status, 504);
    assert.equal((await fetch(`${url}/refused`)).status, 502);
    assert.equal((await fetch(`${url}/bug`)).status, 500);
    for (const path of ['/long', '/short', '/trailers']) {
      await assert.rejects(async () => (await fetch(url + path)).text(), path);
    }
    await delay(20);
    const tags = reports.slice(3).map(({ error }) => error.payload.tag);
    assert.deepEqual(tags, [
      'HTTP-response-body-size',
      'HTTP-response-body-size',
      'internal-error',
    ]);
  });
});

test('serve: HEAD has no body, and what nobody sends is dropped', async () => {
  let sent;
  const handle = () => {
    const answer = reply(200, [['content-length', '5']], stream('hello'));
    sent = answer.sent;
    return answer.response;
  };
  await served(handle, {}, async ({ url }) => {
    const response = await fetch(url, { method: 'HEAD' });
    assert.equal(response.headers.get('content-length'), '5');
    assert.equal(await response.text(), '');
    assert.equal((await sent).tag, 'err');
  });
});

test('serve: at most maxConcurrency requests at a time, the others in order', async () => {
  let running = 0;
  let most = 0;
  const order = [];
  const handle = async (request) => {
    running++;
    most = Math.max(most, running);
    order.push(request.getPathWithQuery());
    await delay(10);
    running--;
    return reply(200, [], undefined).response;
  };
  await served(handle, { maxConcurrency: 2 }, async ({ url }) => {
    const agent = new http.Agent({ maxSockets: 10 });
    const ask = async (i) => {
      const [response] = await once(http.get(`${url}/${i}`, { agent }), 'response');
      response.resume();
      return response.statusCode;
    };
    const codes = [];
    for (let i = 0; i < 8; i++) {
      codes.push(ask(i));
      await delay(1);
    }
    assert.deepEqual(new Set(await Promise.all(codes)), new Set([200]));
    agent.destroy();
  });
  assert.equal(most, 2);
  assert.equal(order.length, 8);
});

test('close: what is under way comes to its end, what lasts longer is aborted', async () => {
  const both = deferred();
  let entered = 0;
  const handle = async (request, { signal }) => {
    if (++entered === 2) both.resolve();
    if (request.getPathWithQuery() === '/slow') await delay(50);
    else
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    return reply(200, [], stream('done')).response;
  };
  const server = await serve(handle);
  const slow = fetch(`${server.url}/slow`).then((response) => response.text());
  const endless = fetch(`${server.url}/endless`);
  endless.catch(() => {});
  await both.promise;
  await server.close({ grace: 200 });
  assert.equal(await slow, 'done');
  await assert.rejects(endless);
  await assert.rejects(fetch(server.url));
});

const client = (http = true) => wasi({ http })['wasi:http/client@0.3'];
const quiet = { signal: new AbortController().signal };

function request(
  authority,
  { path = '/', method = 'get', headers = [], contents, trailers, options } = {},
) {
  const [made, sent] = Request.new(fields(...headers), contents, trailers ?? none(), options);
  made.setMethod({ tag: method });
  made.setScheme({ tag: 'HTTP' });
  made.setAuthority(authority);
  made.setPathWithQuery(path);
  return { request: made, sent };
}

async function withServer(answer, use) {
  const server = http.createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await use(`127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('send: headers as they are written, body and trailers both ways', async () => {
  let seen;
  const answer = async (message, response) => {
    let body = '';
    for await (const chunk of message) body += chunk;
    seen = {
      url: message.url,
      method: message.method,
      body,
      raw: message.rawHeaders,
      trailers: message.rawTrailers,
    };
    response.writeHead(203, ['X-B', '1', 'x-b', '2', 'trailer', 'X-End']);
    response.write('part ');
    response.addTrailers({ 'X-End': 'yes' });
    response.end('whole');
  };
  await withServer(answer, async (authority) => {
    const trailers = Promise.resolve({ tag: 'ok', val: fields(['X-Sum', '7']) });
    const { request: message, sent } = request(authority, {
      method: 'put',
      path: '/ä?q',
      headers: [
        ['X-Case', 'a'],
        ['X-Case', 'b'],
      ],
      contents: stream('one', 'two'),
      trailers,
    });
    const response = await client().send(message, quiet);
    assert.equal(response.getStatusCode(), 203);
    assert.deepEqual(response.getHeaders().get('x-b').map(text), ['1', '2']);
    const [contents, end] = Response.consumeBody(response, fine());
    assert.equal(await bodyText(contents), 'part whole');
    assert.deepEqual((await end).val.get('x-end').map(text), ['yes']);
    assert.deepEqual(await sent, { tag: 'ok' });
    assert.deepEqual(seen.raw.slice(0, 6), ['host', authority, 'X-Case', 'a', 'X-Case', 'b']);
    assert.equal(seen.url, '/%C3%A4?q');
    assert.equal(seen.method, 'PUT');
    assert.equal(seen.body, 'onetwo');
    assert.deepEqual(seen.trailers, ['X-Sum', '7']);
  });
});

test('send: only to hosts that are granted', async () => {
  const refusals = {
    'example.com': [[], false, ['other.com'], ['example.com:81'], ['*.example.com']],
    'a.example.com:81': [['example.com:81'], ['*.example.com:80'], ['*.a.example.com']],
  };
  for (const [authority, grants] of Object.entries(refusals)) {
    for (const grant of grants) {
      const { request: message, sent } = request(authority);
      await assert.rejects(client(grant).send(message, quiet), (error) => {
        return error.payload.tag === 'HTTP-request-denied';
      });
      assert.equal((await sent).tag, 'err');
    }
  }
  await withServer(
    (_, response) => response.end('ok'),
    async (authority) => {
      const port = authority.split(':')[1];
      for (const grant of [true, [authority], ['127.0.0.1'], ['x.org', `127.0.0.1:${port}`]]) {
        const response = await client(grant).send(request(authority).request, quiet);
        assert.equal(response.getStatusCode(), 200);
        response[Symbol.dispose]();
      }
    },
  );
});

test('send: what goes wrong on the network has its code, and the transmission fails with it', async () => {
  const closed = net.createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address();
  closed.close();
  await once(closed, 'close');
  const cases = [
    [request(`127.0.0.1:${port}`), 'connection-refused'],
    [request('nonexistent.invalid:80'), 'DNS-error'],
  ];
  for (const [{ request: message, sent }, tag] of cases) {
    await assert.rejects(client().send(message, quiet), (error) => error.payload.tag === tag);
    assert.equal((await sent).val.tag, tag);
  }
  const timeout = new RequestOptions();
  timeout.setFirstByteTimeout(30_000_000n);
  await withServer(
    () => {},
    async (authority) => {
      const { request: message } = request(authority, { options: timeout });
      await assert.rejects(client().send(message, quiet), (error) => {
        return error.payload.tag === 'HTTP-response-timeout';
      });
    },
  );
  const between = new RequestOptions();
  between.setBetweenBytesTimeout(30_000_000n);
  await withServer(
    (_, response) => response.write('begin'),
    async (authority) => {
      const response = await client().send(request(authority, { options: between }).request, quiet);
      const [contents, end] = Response.consumeBody(response, fine());
      assert.equal(await bodyText(contents), 'begin');
      assert.equal((await end).val.tag, 'connection-read-timeout');
    },
  );
  const cut = (_, response) => {
    response.writeHead(200, { 'content-length': 10 });
    response.write('begin');
    setTimeout(() => response.destroy(), 10);
  };
  await withServer(cut, async (authority) => {
    const response = await client().send(request(authority).request, quiet);
    const [contents, end] = Response.consumeBody(response, fine());
    assert.equal(await bodyText(contents), 'begin');
    assert.equal((await end).val.tag, 'HTTP-response-incomplete');
  });
});

test(
  'send: a connection that nobody takes is given up after connect-timeout, in 0.3 and 0.2',
  { timeout: 30_000 },
  () =>
    whereConnectionsHang(async (port) => {
      const options = new RequestOptions();
      options.setConnectTimeout(100_000_000n);
      const { request: message, sent } = request(`127.0.0.1:${port}`, { options });
      await assert.rejects(client().send(message, quiet), (error) => {
        return error.payload.tag === 'connection-timeout';
      });
      assert.equal((await sent).val.tag, 'connection-timeout');
      const old = wasi({ http: true });
      const types = old['wasi:http/types@0.2'];
      const asked = new types.OutgoingRequest(new types.Fields());
      asked.setScheme({ tag: 'HTTP' });
      asked.setAuthority(`127.0.0.1:${port}`);
      const patience = new types.RequestOptions();
      patience.setConnectTimeout(100_000_000n);
      const future = old['wasi:http/outgoing-handler@0.2'].handle(asked, patience);
      await future.subscribe().block();
      assert.equal(future.get().val.val.tag, 'connection-timeout');
      // Without a timeout it hangs, until nobody waits for it any more.
      const given = new AbortController();
      const hanging = client().send(request(`127.0.0.1:${port}`).request, given);
      const first = await Promise.race([hanging, delay(300, 'still hanging')]);
      assert.equal(first, 'still hanging');
      given.abort();
      await assert.rejects(hanging);
    }),
);

test('send: informational responses come before the one that counts', async () => {
  const answer = (_, response) => {
    response.writeProcessing();
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeHead(201, { 'x-last': 'yes' }).end('final');
  };
  await withServer(answer, async (authority) => {
    const response = await client().send(request(authority).request, quiet);
    assert.equal(response.getStatusCode(), 201);
    assert.equal(response.getHeaders().has('link'), false);
    assert.equal(response.getHeaders().has('x-last'), true);
    assert.equal(await bodyText(Response.consumeBody(response, fine())[0]), 'final');
  });
});

test('send: connections are used again', async () => {
  const ports = new Set();
  const answer = (message, response) => {
    ports.add(message.socket.remotePort);
    response.end('ok');
  };
  await withServer(answer, async (authority) => {
    for (let i = 0; i < 5; i++) {
      const response = await client().send(request(authority).request, quiet);
      await bodyText(Response.consumeBody(response, fine())[0]);
      await delay(5);
    }
  });
  assert.equal(ports.size, 1);
});

test('toFetchHandler: Request in, Response out, bodies stream, abort reaches the handler', async () => {
  const handler = toFetchHandler(async (message, { signal }) => {
    if (message.getPathWithQuery() === '/abort') {
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    }
    assert.equal(message.getAuthority(), 'example.com');
    assert.deepEqual(message.getHeaders().get('x-in').map(text), ['1']);
    const [contents, trailers] = Request.consumeBody(message, fine());
    const answer = reply(200, [['x-out', '2']], contents, trailers);
    return answer.response;
  });
  const response = await handler(
    new globalThis.Request('https://example.com/a?b', {
      method: 'POST',
      headers: { 'x-in': '1' },
      body: stream('str', 'eamed'),
      duplex: 'half',
    }),
  );
  assert.equal(response.headers.get('x-out'), '2');
  assert.equal(await response.text(), 'streamed');
  const controller = new AbortController();
  const pending = handler(
    new globalThis.Request('https://example.com/abort', { signal: controller.signal }),
  );
  controller.abort(new Error('enough'));
  await assert.rejects(pending, /enough/);
});

test('trailers of a body that breaks off are given back, not left to the collector', async () => {
  const broken = () => {
    const given = Object.assign(new Promise(() => {}), { disposed: 0 });
    given[DISPOSE] = () => given.disposed++;
    const contents = new ReadableStream({
      start: (controller) => controller.enqueue(bytes('begin')),
      pull: (controller) => delay(20).then(() => controller.error(new Error('out of words'))),
    });
    return { given, response: reply(200, [], contents, given).response };
  };
  const [byNode, byFetch] = [broken(), broken()];
  await served(
    async () => byNode.response,
    {},
    async ({ url }) => {
      await assert.rejects((await fetch(url)).text());
    },
  );
  const answer = await toFetchHandler(async () => byFetch.response)(
    new globalThis.Request('https://example.com/'),
  );
  await assert.rejects(answer.text());
  assert.deepEqual([byNode.given.disposed, byFetch.given.disposed], [1, 1]);
});

test('serve: an instance without a handler is told so', async () => {
  await assert.rejects(
    serve({ exports: { 'wasi:cli/run@0.3.0': {} } }),
    /does not export wasi:http\/handler/,
  );
});
