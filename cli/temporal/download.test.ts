import { EventEmitter, once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { install } from './cache.ts';
import { downloadTemporal, fetchFile } from './download.ts';

let folder: string;
let target: string;
let server: Server | undefined;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meanwhile-download-'));
  target = join(folder, 'temporal-cli-1.5.1', 'temporal');
  lines = [];
});

afterEach(async () => {
  vi.useRealTimers();
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

test('a download is unpacked, tried and installed, with no other files left', async () => {
  const archive = await archiveOf(
    '#!/bin/sh\necho "temporal version 1.5.1 (Server 1.29.1, UI 2)"\n',
  );
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': archive.length }).end(archive);
  });
  expect(await download(url)).toBe(target);
  expect((await execa(target)).stdout).toContain('Server 1.29.1');
  expect(await readdir(dirname(target))).toEqual(['temporal']);
  expect(lines.at(-1)).toMatch(/^ {2}100 % \(0\.0 MB\)$/);
});

test('an archive without its length is shown in megabytes', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200).end(Buffer.alloc(25_000_000));
  });
  await fetchFile(join(folder, 'file'), { url, silenceMs: 5_000, log: (l) => lines.push(l) });
  expect(lines).toHaveLength(2);
  expect(lines.join()).toMatch(/^ {2}1\d\.\d MB, {2}2\d\.\d MB$/);
});

test('a status other than 200 is reported, and no file is left', async () => {
  const url = await serve((_, response) => response.writeHead(404).end('no such version'));
  await expect(download(url)).rejects.toThrow(/^127\.0\.0\.1:\d+ answered 404$/);
  expect(await readdir(dirname(target))).toEqual([]);
});

test('a truncated download leaves no file', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write(Buffer.alloc(1_000), () => response.destroy());
  });
  await expect(download(url)).rejects.toThrow();
  expect(await readdir(dirname(target))).toEqual([]);
});

test('a server that never answers times out', async () => {
  const url = await serve(() => {});
  await expect(download(url, 50)).rejects.toThrow(/sent nothing for 0\.05 s$/);
  expect(await readdir(dirname(target))).toEqual([]);
});

test('a server that stops halfway times out', async () => {
  const url = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 });
    response.write(Buffer.alloc(1_000));
  });
  await expect(download(url, 50)).rejects.toThrow(/sent nothing for 0\.05 s$/);
  expect(await readdir(dirname(target))).toEqual([]);
});

test('a slow server that keeps sending does not time out', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const arrived = new EventEmitter();
  const url = await serve(async (_, response) => {
    response.writeHead(200, { 'content-length': 10_000 });
    for (let part = 0; part < 10; part++) {
      const next = once(arrived, 'part');
      response.write(Buffer.alloc(1_000));
      await next;
      vi.advanceTimersByTime(30_000);
    }
    response.end();
  });
  const file = join(folder, 'file');
  await fetchFile(file, { url, silenceMs: 40_000, log: () => arrived.emit('part') });
  expect(await readFile(file)).toHaveLength(10_000);
});

test('an address with no listener is reported in words', async () => {
  const url = await serve(() => {});
  await new Promise((done) => server?.close(done));
  await expect(download(url)).rejects.toThrow(/ECONNREFUSED/);
});

test('a web page instead of an archive, as captive portals send it, is not installed', async () => {
  const url = await serve((_, response) => response.end('<html>Please log in</html>'));
  await expect(download(url)).rejects.toThrow(/tar/);
  expect(await readdir(dirname(target))).toEqual([]);
});

test('a program that does not run is not installed, and the installed one stays', async () => {
  await mkdir(dirname(target));
  await writeFile(target, 'the old one');
  const archive = await archiveOf('#!/bin/sh\nexit 3\n');
  const url = await serve((_, response) => response.end(archive));
  await expect(download(url)).rejects.toThrow(/the new executable does not run/);
  expect(await readFile(target, 'utf8')).toBe('the old one');
});

test('two concurrent installs both end with a complete program', async () => {
  const archive = await archiveOf(
    '#!/bin/sh\necho "temporal version 1.5.1 (Server 1.29.1, UI 2)"\n',
  );
  const url = await serve((_, response) => response.end(archive));
  await Promise.all([download(url), download(url), download(url)]);
  expect((await execa(target)).stdout).toContain('Server 1.29.1');
  expect(await readdir(dirname(target))).toEqual(['temporal']);
});

test('files of a killed download are removed after a day and not before', async () => {
  const stale = join(dirname(target), '.partial-old');
  const fresh = join(dirname(target), '.partial-new');
  await mkdir(stale, { recursive: true });
  await mkdir(fresh);
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(stale, twoDaysAgo, twoDaysAgo);
  await expect(install(target, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readdir(dirname(target))).toEqual(['.partial-new']);
});

function download(url: string, silenceMs = 5_000): Promise<string> {
  return install(target, (into) =>
    downloadTemporal(into, { url, silenceMs, log: (line) => lines.push(line) }),
  );
}

async function serve(
  answer: (...exchange: Parameters<RequestListener>) => unknown,
): Promise<string> {
  server = createServer((...exchange) => void answer(...exchange));
  await new Promise<void>((done) => server!.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/temporal.tar.gz`;
}

/** An archive like the official one: LICENSE and the program. */
async function archiveOf(program: string): Promise<Buffer> {
  const source = await mkdtemp(join(folder, 'archive-'));
  await writeFile(join(source, 'LICENSE'), 'MIT');
  await writeFile(join(source, 'temporal'), program);
  await chmod(join(source, 'temporal'), 0o755);
  await execa({ cwd: source })`tar -czf out.tar.gz LICENSE temporal`;
  return readFile(join(source, 'out.tar.gz'));
}
