/** A `wasi:http/incoming-handler` of 0.2 as a handler of 0.3. */

import type { ExportItem } from '../../../index.js';
import type { Handler } from '../../http/handler.js';
import { CAN_WAIT } from '../poll.js';
import { IncomingRequest, ResponseOutparam } from './messages.js';

/** `handle` is the component's function. It is synchronous, and its store does nothing else until it returns. */
export function incomingHandler(handle: ExportItem): Handler {
  // Absent where nothing that the component imports can wait.
  const call = (handle.promise ?? handle) as (...args: unknown[]) => unknown;
  return async (request) => {
    const incoming = new IncomingRequest(request);
    if (!CAN_WAIT) await incoming.fetch();
    const out = new ResponseOutparam();
    return out.answered((async () => call(incoming, out))());
  };
}
