/** A WebSocket server that answers each text with others: as much of RFC 6455 as short texts need. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

export interface SocketServer {
  url: string;
  close(): void;
}

/** @param answers texts shorter than 126 bytes, to a text of less than that */
export async function startSocket(answers: (text: string) => string[]): Promise<SocketServer> {
  const sockets = new Set<Duplex>();
  const http = createServer();
  http.on('upgrade', ({ headers }, socket: Duplex) => {
    sockets.add(socket);
    const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accepted = createHash('sha1').update(key).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ${accepted}\r\n\r\n`,
    );
    socket.on('error', () => {});
    socket.on('data', (frame: Buffer) => {
      const [head, length] = [frame[0]!, frame[1]! & 0x7f];
      if (head !== TEXT) return void socket.end();
      const mask = frame.subarray(2, 6);
      const text = frame.subarray(6, 6 + length).map((byte, nth) => byte ^ mask[nth % 4]!);
      for (const answer of answers(Buffer.from(text).toString())) {
        const bytes = Buffer.from(answer);
        socket.write(Buffer.concat([Buffer.from([TEXT, bytes.length]), bytes]));
      }
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    close() {
      http.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A whole message of text. */
const TEXT = 0x81;
