/**
 * A WASI 0.3 HTTP middleware in JavaScript, for componentize-qjs, behind a filter that tells by `x-user` whom it has let in: what the
 * next handler answers begins with a greeting, and a request with `x-sign` begins with a signature.
 */

import next from 'tidegate:chain/next';
import { Request, Response } from 'wasi:http/types@0.3.2';

/** QuickJS has no TextEncoder. */
const utf8 = (text) =>
  Uint8Array.from(unescape(encodeURIComponent(text)), (character) => character.charCodeAt(0));

export const handler = {
  async handle(request) {
    const asked = request.getHeaders();
    const [user = []] = asked.get('x-user');
    const sign = asked.has('x-sign');
    next.release(asked);
    const answer = next.handle(sign ? signed(user, request) : request);
    const { tag, val } = await answer.read();
    answer.drop();
    if (tag === 'err') throw val;
    const status = val.getStatusCode();
    const headers = copied(val.getHeaders());
    headers.set('x-greeted', [user]);
    // The text gets longer.
    headers.delete('content-length');
    const [text, trailers] = Response.consumeBody(val, fine());
    const [response, sent] = Response.new(headers, around('Dear ', user, text), trailers);
    sent.drop();
    response.setStatusCode(status);
    return response;
  },
};

function signed(user, request) {
  const headers = copied(request.getHeaders());
  headers.delete('content-length');
  const method = request.getMethod();
  const path = request.getPathWithQuery();
  const [text, trailers] = Request.consumeBody(request, fine());
  const [made, sent] = Request.new(headers, around('From ', user, text), trailers, null);
  sent.drop();
  made.setMethod(method);
  made.setPathWithQuery(path);
  return made;
}

/** One that can be changed. */
function copied(headers) {
  const copy = headers.clone();
  next.release(headers);
  return copy;
}

async function* around(word, user, text) {
  yield utf8(word);
  yield user;
  yield utf8(',\n');
  yield* text;
}

/** What is read has been read without an error. */
function fine() {
  const { readable, writable } = wit.Future(wit.Future.RESULT_VOID_ERROR_CODE);
  writable.write({ tag: 'ok' }).then(() => writable.drop());
  return readable;
}
