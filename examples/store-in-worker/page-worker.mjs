import { serve } from './serve.mjs';

// The first message is the port.
self.onmessage = ({ data }) => serve(data);
