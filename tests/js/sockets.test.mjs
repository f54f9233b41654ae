/** wasi:sockets, called as a component's host calls it: the same expectations on this machine's loopback and inside of the program. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LoopbackNetwork, wasi } from '../../pkg/dist/wasi-node.js';

const on = (network) => wasi({ network })['wasi:sockets/types@0.3'];
const lookup = (network) => wasi({ network })['wasi:sockets/ip-name-lookup@0.3'].resolveAddresses;
const v4 = (port, ...address) => ({
  tag: 'ipv4',
  val: { port, address: address.length > 0 ? address : [127, 0, 0, 1] },
});
const v6 = (port, address = [0, 0, 0, 0, 0, 0, 0, 1]) => ({
  tag: 'ipv6',
  val: { port, flowInfo: 0, address, scopeId: 0 },
});
const local = { ipv4: v4, ipv6: v6 };

async function code(call) {
  try {
    await call();
  } catch (error) {
    return error.payload.tag;
  }
  return undefined;
}

const stream = (...chunks) =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
const text = (contents) => new Response(contents).text();

const networks = { 'this machine': () => true, 'a loopback network': () => new LoopbackNetwork() };

for (const [name, make] of Object.entries(networks)) {
  for (const family of ['ipv4', 'ipv6']) {
    describe(`${name}, ${family}`, () => {
      test('TCP: bind, listen, connect, bytes both ways, half closing', async () => {
        const { TcpSocket } = on(make());
        const server = TcpSocket.create(family);
        assert.equal(await code(() => server.getLocalAddress()), 'invalid-state');
        server.bind(local[family](0));
        const address = server.getLocalAddress();
        assert.notEqual(address.val.port, 0);
        const connections = server.listen().getReader();
        assert.equal(server.getIsListening(), true);
        const client = TcpSocket.create(family);
        const accepted = connections.read();
        await client.connect(address);
        const { value: peer } = await accepted;
        assert.deepEqual(client.getRemoteAddress(), address);
        assert.deepEqual(peer.getRemoteAddress(), client.getLocalAddress());
        const sent = client.send(stream('hello ', 'there'));
        const [incoming, received] = peer.receive();
        assert.equal(await text(incoming), 'hello there');
        assert.deepEqual(await sent, { tag: 'ok' });
        assert.deepEqual(await received, { tag: 'ok' });
        // The other direction is open still.
        const [back, status] = client.receive();
        const answered = peer.send(stream('general'));
        assert.equal(await text(back), 'general');
        assert.deepEqual(await answered, { tag: 'ok' });
        assert.deepEqual(await status, { tag: 'ok' });
        assert.equal((await client.send(stream('again'))).val.tag, 'invalid-state');
        await connections.cancel();
        for (const socket of [server, client, peer]) socket[Symbol.dispose]();
      });

      test('TCP: wrong addresses and wrong states', async () => {
        const { TcpSocket } = on(make());
        const other = family === 'ipv4' ? v6(80) : v4(80);
        const socket = TcpSocket.create(family);
        assert.equal(await code(() => socket.bind(other)), 'invalid-argument');
        assert.equal(await code(() => socket.connect(other)), 'invalid-argument');
        assert.equal(await code(() => socket.connect(local[family](0))), 'invalid-argument');
        const multicast =
          family === 'ipv4' ? v4(1, 224, 0, 0, 1) : v6(1, [0xff00, 0, 0, 0, 0, 0, 0, 1]);
        assert.equal(await code(() => socket.bind(multicast)), 'invalid-argument');
        const mapped = v6(80, [0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]);
        assert.equal(await code(() => socket.bind(mapped)), 'invalid-argument');
        socket.bind(local[family](0));
        assert.equal(await code(() => socket.bind(local[family](0))), 'invalid-state');
        const second = TcpSocket.create(family);
        const held = socket.listen();
        assert.equal(await code(() => second.bind(socket.getLocalAddress())), 'address-in-use');
        assert.equal(await code(() => socket.listen()), 'invalid-state');
        assert.equal(await code(() => socket.connect(local[family](80))), 'invalid-state');
        const [nothing, status] = second.receive();
        assert.equal(await text(nothing), '');
        assert.equal((await status).val.tag, 'invalid-state');
        // Once the listener is gone, connections are refused.
        const address = socket.getLocalAddress();
        socket[Symbol.dispose]();
        await held.cancel();
        await delay(5);
        assert.equal(await code(() => second.connect(address)), 'connection-refused');
      });

      test('TCP: a writer waits for its reader', async () => {
        const { TcpSocket } = on(make());
        const server = TcpSocket.create(family);
        const connections = server.listen().getReader();
        const client = TcpSocket.create(family);
        const port = server.getLocalAddress().val.port;
        await client.connect(local[family](port));
        const { value: peer } = await connections.read();
        let made = 0;
        let enough = false;
        const endless = new ReadableStream(
          {
            pull(controller) {
              made++;
              if (enough) controller.close();
              else controller.enqueue(new Uint8Array(65_536));
            },
          },
          { highWaterMark: 0 },
        );
        const sent = client.send(endless);
        await delay(100);
        const before = made;
        await delay(100);
        assert.equal(made, before);
        const [incoming] = peer.receive();
        const reader = incoming.getReader();
        for (let i = 0; i < 50; i++) await reader.read();
        await delay(20);
        assert.ok(made > before || name === 'this machine');
        enough = true;
        await reader.cancel();
        await sent;
        for (const socket of [server, client, peer]) socket[Symbol.dispose]();
        await connections.cancel();
      });

      test('UDP: datagrams with and without a connection', async () => {
        const { UdpSocket } = on(make());
        const server = UdpSocket.create(family);
        assert.equal(await code(() => server.receive()), 'invalid-state');
        server.bind(local[family](0));
        const address = server.getLocalAddress();
        const client = UdpSocket.create(family);
        await client.send(Uint8Array.of(1, 2), address);
        const [bytes, from] = await server.receive();
        assert.deepEqual([...bytes], [1, 2]);
        assert.equal(from.val.port, client.getLocalAddress().val.port);
        client.connect(address);
        assert.deepEqual(client.getRemoteAddress(), address);
        await client.send(Uint8Array.of(3), undefined);
        assert.deepEqual([...(await server.receive())[0]], [3]);
        const elsewhere = { ...address, val: { ...address.val, port: 9 } };
        assert.equal(
          await code(() => client.send(Uint8Array.of(4), elsewhere)),
          'invalid-argument',
        );
        client.disconnect();
        assert.equal(await code(() => client.disconnect()), 'invalid-state');
        assert.equal(
          await code(() => client.send(Uint8Array.of(5), undefined)),
          'invalid-argument',
        );
        const huge = new Uint8Array(65_536);
        assert.equal(await code(() => client.send(huge, address)), 'datagram-too-large');
        const second = UdpSocket.create(family);
        assert.equal(await code(() => second.bind(address)), 'address-in-use');
        for (const socket of [server, client, second]) socket[Symbol.dispose]();
      });
    });
  }
}

for (const [name, make] of Object.entries(networks)) {
  test(`${name}: of several who wait for datagrams each gets one, and who gave up none`, async () => {
    const { UdpSocket } = on(make());
    const server = UdpSocket.create('ipv4');
    server.bind(v4(0));
    const given = new AbortController();
    const gone = server.receive({ signal: given.signal });
    gone.catch(() => {});
    const waiting = [server.receive(), server.receive()];
    given.abort();
    const client = UdpSocket.create('ipv4');
    for (const byte of [1, 2]) {
      await client.send(Uint8Array.of(byte), server.getLocalAddress());
    }
    const got = (await Promise.all(waiting)).map(([bytes]) => bytes[0]);
    assert.deepEqual(got.sort(), [1, 2]);
    await assert.rejects(gone);
    for (const socket of [server, client]) socket[Symbol.dispose]();
  });
}

for (const [name, make] of Object.entries(networks)) {
  test(`${name}: a socket that is dropped, or whose call is cancelled, while it connects, holds no connection`, async () => {
    const { TcpSocket } = on(make());
    const server = TcpSocket.create('ipv4');
    server.bind(v4(0));
    const connections = server.listen().getReader();
    const cancel = new AbortController();
    const [dropped, cancelled] = [TcpSocket.create('ipv4'), TcpSocket.create('ipv4')];
    const trials = [
      dropped.connect(server.getLocalAddress()),
      cancelled.connect(server.getLocalAddress(), { signal: cancel.signal }),
    ].map((trial) => code(() => trial));
    dropped[Symbol.dispose]();
    cancel.abort();
    assert.deepEqual(await Promise.all(trials), ['connection-aborted', 'connection-aborted']);
    const client = TcpSocket.create('ipv4');
    await client.connect(server.getLocalAddress());
    // Where the others came through at first, their connections have ended.
    const peers = [];
    for (;;) {
      const { value: peer } = await connections.read();
      peers.push(peer);
      if (peer.getRemoteAddress().val.port === client.getLocalAddress().val.port) break;
      assert.equal(await text(peer.receive()[0]), '');
    }
    await connections.cancel();
    for (const socket of [server, client, cancelled, ...peers]) socket[Symbol.dispose]();
  });
}

test("a loopback network has the loopback's addresses, and no other", async () => {
  const { TcpSocket, UdpSocket } = on(new LoopbackNetwork());
  const elsewhere = { ipv4: v4(80, 192, 0, 2, 1), ipv6: v6(80, [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]) };
  const any = { ipv4: v4(0, 0, 0, 0, 0), ipv6: v6(0, [0, 0, 0, 0, 0, 0, 0, 0]) };
  for (const family of ['ipv4', 'ipv6']) {
    const udp = () => UdpSocket.create(family);
    const to = elsewhere[family];
    for (const Socket of [TcpSocket, UdpSocket]) {
      assert.equal(await code(() => Socket.create(family).bind(to)), 'address-not-bindable');
      Socket.create(family).bind(any[family]);
    }
    assert.equal(await code(() => TcpSocket.create(family).connect(to)), 'remote-unreachable');
    assert.equal(await code(() => udp().connect(to)), 'remote-unreachable');
    assert.equal(await code(() => udp().send(Uint8Array.of(1), to)), 'remote-unreachable');
  }
  TcpSocket.create('ipv4').bind(v4(0, 127, 9, 9, 9));
});

test('nothing is granted by default, and what is granted is no more than that', async () => {
  const listening = net.createServer((socket) => socket.resume().end('hi')).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address();
  const tries = async (network) =>
    code(async () => {
      const socket = on(network).TcpSocket.create('ipv4');
      await socket.connect(v4(port));
      socket[Symbol.dispose]();
    });
  const denied = [
    undefined,
    false,
    [],
    ['127.0.0.2'],
    [`127.0.0.1:${port + 1}`],
    ['10.0.0.0/8'],
    ['localhost'],
  ];
  for (const network of denied) assert.equal(await tries(network), 'access-denied', `${network}`);
  const granted = [
    true,
    ['127.0.0.1'],
    [`127.0.0.1:${port}`],
    ['127.0.0.0/8'],
    [`*:${port}`],
    ['127.0.0.1:*'],
  ];
  for (const network of granted) assert.equal(await tries(network), undefined, `${network}`);
  listening.close();
  assert.equal(await code(() => on(false).TcpSocket.create('ipv4').bind(v4(0))), 'access-denied');
  const udp = on(false).UdpSocket.create('ipv6');
  assert.equal(await code(() => udp.send(Uint8Array.of(1), v6(9))), 'access-denied');
  assert.throws(() => wasi({ network: ['not an address!'] }), TypeError);
});

test('names resolve where they are granted, and grant what they resolve to', async () => {
  assert.equal(await code(() => lookup(false)('localhost')), 'access-denied');
  assert.equal(await code(() => lookup(['example.com'])('localhost')), 'access-denied');
  assert.deepEqual(await lookup(false)('127.0.0.1'), [{ tag: 'ipv4', val: [127, 0, 0, 1] }]);
  assert.deepEqual(await lookup(false)('2001:db8::1'), [
    { tag: 'ipv6', val: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1] },
  ]);
  assert.equal(await code(() => lookup(true)('no such name')), 'invalid-argument');
  assert.equal(await code(() => lookup(new LoopbackNetwork())('example.com')), 'name-unresolvable');
  const imports = wasi({ network: ['localhost'] });
  const { TcpSocket } = imports['wasi:sockets/types@0.3'];
  const refused = () => code(() => TcpSocket.create('ipv4').connect(v4(1)));
  assert.equal(await refused(), 'access-denied');
  const found = await imports['wasi:sockets/ip-name-lookup@0.3'].resolveAddresses('localhost');
  assert.ok(found.length > 0);
  if (found.some(({ tag }) => tag === 'ipv4')) assert.equal(await refused(), 'connection-refused');
});

test('options are kept within what systems take', async () => {
  const socket = on(false).TcpSocket.create('ipv4');
  socket.setKeepAliveIdleTime(1n);
  assert.equal(socket.getKeepAliveIdleTime(), 1_000_000_000n);
  socket.setKeepAliveCount(2 ** 32 - 1);
  assert.equal(socket.getKeepAliveCount(), 127);
  for (const [name, zero] of Object.entries({
    setKeepAliveIdleTime: 0n,
    setKeepAliveInterval: 0n,
    setKeepAliveCount: 0,
    setHopLimit: 0,
    setReceiveBufferSize: 0n,
    setSendBufferSize: 0n,
    setListenBacklogSize: 0n,
  })) {
    assert.equal(await code(() => socket[name](zero)), 'invalid-argument', name);
  }
});
