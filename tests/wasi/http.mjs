/** wasi:http: fields, requests, responses, and the client. */

import { code, decode, encode, OK, read, same, stream, yes } from './expect.mjs';

const NO_TRAILERS = () => Promise.resolve({ tag: 'ok', val: undefined });
const values = (fields, name) => fields.get(name).map(decode);

export async function fields({ imports }) {
  const { Fields } = imports()['wasi:http/types@0.3'];
  const own = new Fields();
  own.append('X-Name', encode('one'));
  own.append('x-name', encode('two'));
  same(values(own, 'X-NAME'), ['one', 'two'], 'both values');
  same([own.has('x-name'), own.has('other')], [true, false], 'has');
  own.set('Other', [encode('a')]);
  const copy = own.clone();
  own.delete('other');
  same([own.has('other'), copy.has('other')], [false, true], 'a copy is its own');
  same(own.getAndDelete('x-name').map(decode), ['one', 'two'], 'get-and-delete');
  same(own.copyAll(), [], 'nothing is left');
  same(
    copy.copyAll().map(([name, value]) => `${name}=${decode(value)}`),
    ['X-Name=one', 'X-Name=two', 'Other=a'],
    'in order, with the case of the first',
  );
  same(decode(Fields.fromList([['a', encode('b')]]).get('A')[0]), 'b', 'from-list');
  const invalid = 'invalid-syntax';
  same(await code(() => own.append('no name', encode(''))), invalid, 'a name with a space');
  same(await code(() => own.set('a', [encode('b\r\nc')])), invalid, 'a value with a line break');
  same(await code(() => Fields.fromList([['', encode('')]])), invalid, 'a name of nothing');
  same(
    await code(() => own.append('Connection', encode('close'))),
    'forbidden',
    'a hop-by-hop field',
  );
}

export async function requests({ imports, has }) {
  const { Fields, Request, RequestOptions } = imports()['wasi:http/types@0.3'];
  const options = new RequestOptions();
  for (const name of ['ConnectTimeout', 'FirstByteTimeout', 'BetweenBytesTimeout']) {
    same(options[`get${name}`](), undefined, `${name} at first`);
    options[`set${name}`](undefined);
    const refused = await code(() => options[`set${name}`](5_000_000_000n));
    if (name === 'ConnectTimeout' && !has.connecting) {
      same(refused, 'not-supported', name);
      continue;
    }
    same(options.clone()[`get${name}`](), 5_000_000_000n, name);
  }
  const [request] = Request.new(
    Fields.fromList([['a', encode('b')]]),
    stream('body'),
    NO_TRAILERS(),
    options,
  );
  same(request.getMethod(), { tag: 'get' }, 'method at first');
  request.setMethod({ tag: 'other', val: 'BREW' });
  request.setPathWithQuery('/pot?milk=1');
  request.setScheme({ tag: 'HTTPS' });
  request.setAuthority('example.com:8443');
  same(
    [request.getMethod(), request.getPathWithQuery(), request.getScheme(), request.getAuthority()],
    [{ tag: 'other', val: 'BREW' }, '/pot?milk=1', { tag: 'HTTPS' }, 'example.com:8443'],
    'what was set',
  );
  same(await code(() => request.setMethod({ tag: 'other', val: 'no token' })), 'none', 'a method');
  same(await code(() => request.setPathWithQuery('/a b')), 'none', 'a path');
  same(await code(() => request.setScheme({ tag: 'other', val: '1:' })), 'none', 'a scheme');
  same(await code(() => request.setAuthority('a b')), 'none', 'an authority');
  same(values(request.getHeaders(), 'a'), ['b'], 'headers');
  same(await code(() => request.getHeaders().set('a', [])), 'immutable', 'headers stay');
  const kept = request.getOptions();
  same(kept.getFirstByteTimeout(), 5_000_000_000n, 'options');
  same(await code(() => kept.setFirstByteTimeout(1n)), 'immutable', 'options stay');
  same(await code(() => kept.setConnectTimeout(undefined)), 'immutable', 'options stay');
  const [body, trailers] = Request.consumeBody(request, Promise.resolve(OK));
  same(await read(body), 'body', 'contents');
  same((await trailers).tag, 'ok', 'trailers');
}

export async function responses({ imports }) {
  const { Fields, Response } = imports()['wasi:http/types@0.3'];
  const [response, sent] = Response.new(new Fields(), stream('made'), NO_TRAILERS());
  same(response.getStatusCode(), 200, 'status at first');
  response.setStatusCode(404);
  same(response.getStatusCode(), 404, 'status');
  same(await code(() => response.setStatusCode(99)), 'none', 'a status that is none');
  same(response.getHeaders().copyAll(), [], 'headers');
  const [body] = Response.consumeBody(response, Promise.resolve(OK));
  same(await read(body), 'made', 'contents');
  same(await sent, OK, 'told by the one who has consumed it');
}

/** `server` answers GET of its path with 200 and a text that has `text` in it. */
export async function client({ imports, server }) {
  const types = (http) => imports({ http });
  const ask = async (http, authority) => {
    const own = types(http);
    const { Fields, Request, Response } = own['wasi:http/types@0.3'];
    const [request, sent] = Request.new(new Fields(), undefined, NO_TRAILERS(), undefined);
    request.setScheme({ tag: 'HTTP' });
    request.setAuthority(authority);
    request.setPathWithQuery(server.path);
    const signal = new AbortController().signal;
    const response = await own['wasi:http/client@0.3'].send(request, { signal });
    same(response.getStatusCode(), 200, 'status');
    const [body] = Response.consumeBody(response, Promise.resolve(OK));
    yes((await read(body)).includes(server.text), 'contents');
    same(await sent, OK, 'transmission');
  };
  await ask(true, server.authority);
  await ask([server.authority.split(':')[0]], server.authority);
  const denied = 'HTTP-request-denied';
  same(await code(() => ask(false, server.authority)), denied, 'not granted');
  same(await code(() => ask(['example.com'], server.authority)), denied, 'another is granted');
}
