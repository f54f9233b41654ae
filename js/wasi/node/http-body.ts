/** Bodies between `node:http` and components, with backpressure both ways. */

import type { IncomingMessage, OutgoingMessage } from 'node:http';
import { Body, dispose, type Trailers, trailersOf } from '../http/body.js';
import { type ErrorCode, HttpError, type Outcome } from '../http/errors.js';
import { type Fields, fieldsOfRaw } from '../http/fields.js';
import { late } from '../http/timeouts.js';

/** How a body that comes from the network is let go of, and which limits it has. */
export interface Incoming {
  /** Nobody wants the rest. */
  readonly abandon: () => void;
  /** The error of a body that ends before its end. */
  readonly incomplete: ErrorCode;
  /** Longest time between two pieces, in milliseconds. */
  readonly patience?: number | undefined;
}

/** The body of a message that is being received. Nothing is read before it is asked for. */
export function incomingBody(message: IncomingMessage, how: Incoming): Body {
  let finish: (outcome: Outcome<Fields | undefined>) => void = () => {};
  const trailers: Trailers = new Promise((resolve) => {
    finish = resolve;
  });
  const body = new Body(
    incomingStream(message, how, (error) => {
      if (error !== undefined) return finish({ tag: 'err', val: error });
      const { rawTrailers } = message;
      finish({ tag: 'ok', val: rawTrailers.length > 0 ? fieldsOfRaw(rawTrailers) : undefined });
    }),
    trailers,
  );
  return body;
}

function incomingStream(
  message: IncomingMessage,
  { abandon, incomplete, patience }: Incoming,
  finish: (error?: ErrorCode) => void,
): ReadableStream<Uint8Array> {
  let wake = () => {};
  let broken = false;
  let done = false;
  const stop = (error?: ErrorCode) => {
    done = true;
    finish(error);
  };
  const woken = () => wake();
  message.on('readable', woken);
  message.on('end', woken);
  message.on('error', () => {
    broken = true;
    wake();
  });
  message.on('close', woken);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const chunk = message.read() as Uint8Array | null;
          if (chunk !== null) return controller.enqueue(chunk);
          if (message.readableEnded || broken || message.destroyed) {
            stop(message.complete && !broken ? undefined : incomplete);
            return controller.close();
          }
          const overdue = await late((resolve) => {
            wake = resolve;
          }, patience);
          if (done) return;
          if (overdue) {
            abandon();
            stop({ tag: 'connection-read-timeout' });
            return controller.close();
          }
        }
      },
      cancel() {
        if (!message.readableEnded) abandon();
        stop(message.complete ? undefined : incomplete);
        wake();
      },
    },
    { highWaterMark: 0 },
  );
}

/** How a body is sent. */
export interface Outgoing {
  /** Bytes that the headers promise. */
  readonly length: number | undefined;
  /** What it is called when there are more or fewer. */
  readonly wrongSize: (bytes: number) => ErrorCode;
}

/**
 * Sends a body to its end and tells its maker how that went. Throws when the message cannot be completed; the connection is closed
 * then, so that the other side does not take the part for the whole.
 */
export async function sendBody(
  body: Body,
  to: OutgoingMessage & { destroy(): unknown },
  { length, wrongSize }: Outgoing,
): Promise<void> {
  const { contents, trailers } = body.take();
  const reader = contents?.getReader();
  let sent = 0;
  // The other side may go away while the component has nothing to say.
  const gone = closed(to);
  try {
    while (reader !== undefined) {
      const { done, value } = await Promise.race([reader.read(), gone.promise]);
      if (done) break;
      sent += value.length;
      if (length !== undefined && sent > length) throw new HttpError(wrongSize(sent));
      if (!to.write(value)) await Promise.race([drained(to), gone.promise]);
    }
    if (length !== undefined && sent < length) throw new HttpError(wrongSize(sent));
    const fields = await Promise.race([trailersOf(trailers), gone.promise]);
    if (fields !== undefined) to.addTrailers(pairs(fields.raw()));
    await Promise.race([ended(to), gone.promise]);
    body.settle({ tag: 'ok' });
  } catch (error) {
    reader?.cancel(error).catch(() => {});
    dispose(trailers);
    body.fail(error);
    to.destroy();
    throw error;
  } finally {
    gone.forget();
  }
}

function closed(to: OutgoingMessage): { promise: Promise<never>; forget: () => void } {
  let forget = () => {};
  const promise = new Promise<never>((_, reject) => {
    const fail = () => {
      if (!to.writableFinished) reject(new HttpError({ tag: 'connection-terminated' }));
    };
    to.on('close', fail);
    to.on('error', fail);
    forget = () => to.removeListener('close', fail);
    if (to.destroyed) fail();
  });
  promise.catch(() => {});
  return { promise, forget };
}

function drained(to: OutgoingMessage): Promise<void> {
  return new Promise((resolve) => to.once('drain', resolve));
}

function ended(to: OutgoingMessage): Promise<void> {
  return new Promise((resolve) => to.end(resolve));
}

function pairs(raw: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) list.push([raw[i]!, raw[i + 1]!]);
  return list;
}
