/** A `wasi:http/incoming-handler` of 0.2 as a handler of 0.3. */

import type { ExportItem, Store } from '../../../index.js';
import type { Handler } from '../../http/handler.js';
import { CAN_WAIT } from '../poll.js';
import { IncomingRequest, ResponseOutparam } from './messages.js';

/**
 * `handle` is the component's function. It is synchronous, and its store does nothing else until it returns. A store that is there
 * for one request ends with it, or as soon as nobody waits for the answer: there is no other way to cancel.
 */
export function incomingHandler(handle: ExportItem, own?: Store): Handler {
  // Absent where nothing that the component imports can wait.
  const call = (handle.promise ?? handle) as (...args: unknown[]) => unknown;
  return async (request, { signal }) => {
    const incoming = new IncomingRequest(request);
    if (!CAN_WAIT) await incoming.fetch();
    const out = new ResponseOutparam();
    const abort = () => own?.close(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const run = async () => {
      try {
        await call(incoming, out);
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener('abort', abort);
        own?.close();
      }
    };
    return out.answered(run());
  };
}
