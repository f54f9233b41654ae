const PAGE = {
  'http-client-chunked': '`fetch` does not show the trailers of a response',
  'http-client-trailers': '`fetch` neither sends trailers nor shows them',
  'sockets-tcp-bind': "every address is bindable in a page's network",
  'sockets-udp-bind': "every address is bindable in a page's network",
};

const LINKS = "the browser's private file system has no links";

/** Tests that cannot pass on a host, and why. One that passes after all is a failure too. */
export const EXCEPTIONS = {
  node: {},
  chromium: PAGE,
  'chromium-opfs': {
    ...PAGE,
    'filesystem-hard-links': LINKS,
    'filesystem-is-same-object': LINKS,
    'filesystem-metadata-hash': LINKS,
    'filesystem-rename': LINKS,
    'filesystem-set-size': 'a file that is removed is gone for who has it open as well',
    'filesystem-stat': 'times cannot be set',
  },
};
