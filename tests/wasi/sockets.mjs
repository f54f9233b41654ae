/** wasi:sockets, on the loopback addresses of the network that is granted. */

import { code, OK, read, same, stream, yes } from './expect.mjs';

const address = (port) => ({ tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } });

export async function tcp({ imports, network }) {
  const { TcpSocket } = imports({ network })['wasi:sockets/types@0.3'];
  const server = TcpSocket.create('ipv4');
  same([server.getAddressFamily(), server.getIsListening()], ['ipv4', false], 'a new socket');
  server.setListenBacklogSize(8n);
  server.bind(address(0));
  const connections = server.listen().getReader();
  same(server.getIsListening(), true, 'listening');
  const local = server.getLocalAddress();
  const client = TcpSocket.create('ipv4');
  same(await code(() => client.getRemoteAddress()), 'invalid-state', 'before it is connected');
  await client.connect(local);
  same(client.getRemoteAddress(), local, 'remote address');
  const { value: peer } = await connections.read();
  same(peer.getRemoteAddress(), client.getLocalAddress(), 'whom it is connected to');
  const sent = client.send(stream('hello'));
  const [incoming, received] = peer.receive();
  same(await read(incoming), 'hello', 'what was sent');
  same([await sent, await received], [OK, OK], 'both futures');
  await connections.cancel();
  for (const socket of [server, client, peer]) socket[Symbol.dispose]?.();
}

const OPTIONS = {
  KeepAliveEnabled: true,
  KeepAliveIdleTime: 2_000_000_000n,
  KeepAliveInterval: 3_000_000_000n,
  KeepAliveCount: 4,
  HopLimit: 5,
  ReceiveBufferSize: 8_192n,
  SendBufferSize: 16_384n,
};

export async function options({ imports, network }) {
  const { TcpSocket, UdpSocket } = imports({ network })['wasi:sockets/types@0.3'];
  const check = async (socket, name, value) => {
    socket[`set${name}`](value);
    same(socket[`get${name}`](), value, name);
    if (value === true) return;
    const zero = typeof value === 'bigint' ? 0n : 0;
    same(await code(() => socket[`set${name}`](zero)), 'invalid-argument', `${name} of 0`);
  };
  const tcp = TcpSocket.create('ipv6');
  same(tcp.getAddressFamily(), 'ipv6', 'family');
  for (const [name, value] of Object.entries(OPTIONS)) await check(tcp, name, value);
  const udp = UdpSocket.create('ipv6');
  same(udp.getAddressFamily(), 'ipv6', 'family of a UDP socket');
  await check(udp, 'UnicastHopLimit', 9);
  await check(udp, 'ReceiveBufferSize', 8_192n);
  await check(udp, 'SendBufferSize', 16_384n);
  for (const socket of [tcp, udp]) socket[Symbol.dispose]?.();
}

export async function udp({ imports, network }) {
  const { UdpSocket } = imports({ network })['wasi:sockets/types@0.3'];
  const server = UdpSocket.create('ipv4');
  server.bind(address(0));
  const local = server.getLocalAddress();
  const client = UdpSocket.create('ipv4');
  client.connect(local);
  same(client.getRemoteAddress(), local, 'remote address');
  await client.send(Uint8Array.of(1, 2), undefined);
  const [bytes, from] = await server.receive();
  same([...bytes], [1, 2], 'a datagram');
  same(from.val.port, client.getLocalAddress().val.port, 'who has sent it');
  client.disconnect();
  same(await code(() => client.getRemoteAddress()), 'invalid-state', 'when it is disconnected');
  await client.send(Uint8Array.of(3), local);
  same([...(await server.receive())[0]], [3], 'a datagram without a connection');
  for (const socket of [server, client]) socket[Symbol.dispose]?.();
}

export async function names({ imports, network }) {
  const { resolveAddresses } = imports({ network })['wasi:sockets/ip-name-lookup@0.3'];
  const loopback = (await resolveAddresses('localhost')).map(({ val }) => `${val}`);
  yes(loopback.includes('127,0,0,1') || loopback.includes('0,0,0,0,0,0,0,1'), 'localhost');
  same(await resolveAddresses('10.1.2.3'), [{ tag: 'ipv4', val: [10, 1, 2, 3] }], 'an address');
  same(await code(() => resolveAddresses('not a name')), 'invalid-argument', 'no name');
  const denied = imports({ network: false })['wasi:sockets/ip-name-lookup@0.3'];
  same(await code(() => denied.resolveAddresses('localhost')), 'access-denied', 'not granted');
}
