import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

/** Posts a body in two pieces, and trailers; each has to come back before the next is sent. The response. */
export async function echoed(url, headers = {}) {
  const request = http.request(url, { method: 'POST', headers });
  request.write('first');
  const [response] = await once(request, 'response');
  const [first] = await once(response, 'data');
  assert.equal(String(first), 'first', 'the answer begins before the request ends');
  request.write('second');
  const [second] = await once(response, 'data');
  assert.equal(String(second), 'second');
  request.addTrailers({ 'X-End': 'yes' });
  request.end();
  response.resume();
  await once(response, 'end');
  assert.equal(response.trailers['x-end'], 'yes');
  return response;
}
