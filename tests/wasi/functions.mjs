/**
 * Every function of the six packages of WASI 0.3.2, by interface, as WIT names them. Facts of the WIT; what a host gives is compared with
 * it, and what the checks of this folder call.
 */
const TEXTS = {
  'wasi:clocks/monotonic-clock': `
    now
    get-resolution
    wait-until
    wait-for
  `,
  'wasi:clocks/system-clock': `
    now
    get-resolution
  `,
  'wasi:clocks/timezone': `
    iana-id
    utc-offset
    to-debug-string
  `,
  'wasi:filesystem/types': `
    [method]descriptor.read-via-stream
    [method]descriptor.write-via-stream
    [method]descriptor.append-via-stream
    [method]descriptor.advise
    [method]descriptor.sync-data
    [method]descriptor.get-flags
    [method]descriptor.get-type
    [method]descriptor.set-size
    [method]descriptor.set-times
    [method]descriptor.read-directory
    [method]descriptor.sync
    [method]descriptor.create-directory-at
    [method]descriptor.stat
    [method]descriptor.stat-at
    [method]descriptor.set-times-at
    [method]descriptor.link-at
    [method]descriptor.open-at
    [method]descriptor.readlink-at
    [method]descriptor.remove-directory-at
    [method]descriptor.rename-at
    [method]descriptor.symlink-at
    [method]descriptor.unlink-file-at
    [method]descriptor.is-same-object
    [method]descriptor.metadata-hash
    [method]descriptor.metadata-hash-at
  `,
  'wasi:filesystem/preopens': `
    get-directories
  `,
  'wasi:sockets/types': `
    [static]tcp-socket.create
    [method]tcp-socket.bind
    [method]tcp-socket.connect
    [method]tcp-socket.listen
    [method]tcp-socket.send
    [method]tcp-socket.receive
    [method]tcp-socket.get-local-address
    [method]tcp-socket.get-remote-address
    [method]tcp-socket.get-is-listening
    [method]tcp-socket.get-address-family
    [method]tcp-socket.set-listen-backlog-size
    [method]tcp-socket.get-keep-alive-enabled
    [method]tcp-socket.set-keep-alive-enabled
    [method]tcp-socket.get-keep-alive-idle-time
    [method]tcp-socket.set-keep-alive-idle-time
    [method]tcp-socket.get-keep-alive-interval
    [method]tcp-socket.set-keep-alive-interval
    [method]tcp-socket.get-keep-alive-count
    [method]tcp-socket.set-keep-alive-count
    [method]tcp-socket.get-hop-limit
    [method]tcp-socket.set-hop-limit
    [method]tcp-socket.get-receive-buffer-size
    [method]tcp-socket.set-receive-buffer-size
    [method]tcp-socket.get-send-buffer-size
    [method]tcp-socket.set-send-buffer-size
    [static]udp-socket.create
    [method]udp-socket.bind
    [method]udp-socket.connect
    [method]udp-socket.disconnect
    [method]udp-socket.send
    [method]udp-socket.receive
    [method]udp-socket.get-local-address
    [method]udp-socket.get-remote-address
    [method]udp-socket.get-address-family
    [method]udp-socket.get-unicast-hop-limit
    [method]udp-socket.set-unicast-hop-limit
    [method]udp-socket.get-receive-buffer-size
    [method]udp-socket.set-receive-buffer-size
    [method]udp-socket.get-send-buffer-size
    [method]udp-socket.set-send-buffer-size
  `,
  'wasi:sockets/ip-name-lookup': `
    resolve-addresses
  `,
  'wasi:random/insecure-seed': `
    get-insecure-seed
  `,
  'wasi:random/insecure': `
    get-insecure-random-bytes
    get-insecure-random-u64
  `,
  'wasi:random/random': `
    get-random-bytes
    get-random-u64
  `,
  'wasi:cli/environment': `
    get-environment
    get-arguments
    get-initial-cwd
  `,
  'wasi:cli/exit': `
    exit
    exit-with-code
  `,
  'wasi:cli/run': `
    run
  `,
  'wasi:cli/stdin': `
    read-via-stream
  `,
  'wasi:cli/stdout': `
    write-via-stream
  `,
  'wasi:cli/stderr': `
    write-via-stream
  `,
  'wasi:cli/terminal-stdin': `
    get-terminal-stdin
  `,
  'wasi:cli/terminal-stdout': `
    get-terminal-stdout
  `,
  'wasi:cli/terminal-stderr': `
    get-terminal-stderr
  `,
  'wasi:http/types': `
    [constructor]fields
    [static]fields.from-list
    [method]fields.get
    [method]fields.has
    [method]fields.set
    [method]fields.delete
    [method]fields.get-and-delete
    [method]fields.append
    [method]fields.copy-all
    [method]fields.clone
    [static]request.new
    [method]request.get-method
    [method]request.set-method
    [method]request.get-path-with-query
    [method]request.set-path-with-query
    [method]request.get-scheme
    [method]request.set-scheme
    [method]request.get-authority
    [method]request.set-authority
    [method]request.get-options
    [method]request.get-headers
    [static]request.consume-body
    [constructor]request-options
    [method]request-options.get-connect-timeout
    [method]request-options.set-connect-timeout
    [method]request-options.get-first-byte-timeout
    [method]request-options.set-first-byte-timeout
    [method]request-options.get-between-bytes-timeout
    [method]request-options.set-between-bytes-timeout
    [method]request-options.clone
    [static]response.new
    [method]response.get-status-code
    [method]response.set-status-code
    [method]response.get-headers
    [static]response.consume-body
  `,
  'wasi:http/handler': `
    handle
  `,
  'wasi:http/client': `
    send
  `,
};

/** @type {Record<string, string[]>} */
export const FUNCTIONS = Object.fromEntries(
  Object.entries(TEXTS).map(([name, text]) => [name, text.trim().split(/\s+/)]),
);

/** What components export, and import from each other: `wasi()` does not give it. */
export const LINKED = ['wasi:cli/run', 'wasi:http/handler'];

export const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
export const pascal = (name) => camel(`-${name}`);
