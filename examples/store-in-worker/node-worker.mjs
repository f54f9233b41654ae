import { parentPort } from 'node:worker_threads';
import { serve } from './serve.mjs';

// The first message is the port.
parentPort.once('message', serve);
