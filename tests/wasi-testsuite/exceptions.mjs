/** In a page, with its files in memory. */
const PAGE = {
  'http-client-chunked': '`fetch` does not show the trailers of a response',
  'http-client-trailers': '`fetch` neither sends trailers nor shows them',
  'http-request-options':
    'a connect timeout is `not-supported`: `fetch` does not tell when it has connected',
};

const LINKS = "the browser's private file system has no links";

/** In a page, with its files in the browser's private file system. */
const PRIVATE = {
  ...PAGE,
  'filesystem-hard-links': LINKS,
  'filesystem-is-same-object': LINKS,
  'filesystem-metadata-hash': LINKS,
  'filesystem-rename': LINKS,
  'filesystem-set-size': 'a file that is removed is gone for who has it open as well',
};

/** `bind` has to answer at once, which Deno does for TCP only and Bun for neither. */
const LATE = 'the engine binds later than it is asked to, and to an address of its own choice';

/** Tests that cannot pass on a host, and why. One that passes after all is a failure too. */
export const EXCEPTIONS = {
  node: {},
  deno: {
    'sockets-tcp-bind': 'Deno binds a second socket to an address in use',
    'sockets-tcp-connect': 'Deno binds a second socket to an address in use',
    'sockets-udp-bind': LATE,
    'sockets-udp-connect': LATE,
    'sockets-udp-receive': LATE,
  },
  bun: {
    'sockets-echo': LATE,
    'sockets-tcp-bind': LATE,
    'sockets-tcp-connect': LATE,
    'sockets-tcp-listen': LATE,
    'sockets-udp-bind': LATE,
    'sockets-udp-connect': LATE,
    'sockets-udp-receive': LATE,
    'sockets-udp-send': LATE,
  },
  chromium: PAGE,
  'chromium-opfs': PRIVATE,
  firefox: PAGE,
  'firefox-opfs': PRIVATE,
};
