/**
 * Another team's service, in one file and without a dependency: it receives a call, works for a while and pushes its progress.
 * It keeps each job in a file, so that it resumes after a crash.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT = '4000', RENDER_SECRET, JOBS = 'jobs', FRAME_MS = '1000' } = process.env;
if (!RENDER_SECRET?.startsWith('whsec_'))
  throw new Error('Set RENDER_SECRET to whsec_ and base64.');
const key = Buffer.from(RENDER_SECRET.slice('whsec_'.length), 'base64');

/** The jobs under way, by call id. */
const jobs = new Map();
await mkdir(JOBS, { recursive: true });
for (const name of await readdir(JOBS)) {
  if (name.endsWith('.json')) begin(JSON.parse(await readFile(join(JOBS, name), 'utf8')));
}

const server = createServer((request, response) => {
  handle(request).then(
    (status) => response.writeHead(status).end(),
    (error) => {
      console.error(error);
      response.writeHead(500).end();
    },
  );
});
server.listen(Number(PORT), '127.0.0.1', () =>
  console.log(`listening on ${server.address().port}`),
);

/** Resolves with the status of the answer. */
async function handle(request) {
  const body = Buffer.concat(await request.toArray()).toString();
  if (!isGenuine(request.headers, body)) return 401;
  const { type, data } = JSON.parse(body);
  if (type === 'call.requested') {
    // The same announcement may come twice.
    if (jobs.has(data.call_id)) return 204;
    const { call_id, push_url, input } = data;
    const job = { call_id, push_url, frames: input.frames, next: 1 };
    await save(job);
    begin(job);
  } else if (type === 'call.cancelled') {
    jobs.get(data.call_id)?.stop.abort();
    console.log(`cancelled ${data.call_id}`);
  }
  return 204;
}

/** Checks the signature as Standard Webhooks define it. An old request may be a replay. */
function isGenuine(headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = headers;
  if (!id || !timestamp || !given) return false;
  if (!(Math.abs(Date.now() / 1_000 - Number(timestamp)) <= 300)) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  return given.split(' ').some((part) => {
    const [version, signature = ''] = part.split(',');
    const bytes = Buffer.from(signature, 'base64');
    return version === 'v1' && bytes.length === expected.length && timingSafeEqual(bytes, expected);
  });
}

function begin(job) {
  const stop = new AbortController();
  jobs.set(job.call_id, { stop });
  void work(job, stop.signal)
    .catch((error) => {
      if (!stop.signal.aborted) console.error(`${job.call_id}: ${error.message}`);
    })
    .then(async () => {
      jobs.delete(job.call_id);
      await rm(join(JOBS, `${job.call_id}.json`), { force: true });
    });
}

/** A number always has the same event, so Meanwhile recognises a push after a crash as a repeat. */
async function work(job, signal) {
  for (; job.next <= job.frames; job.next += 1) {
    await sleep(Number(FRAME_MS), undefined, { signal });
    await push(job, event(job), signal);
    await save({ ...job, next: job.next + 1 });
  }
  await push(job, { n: job.next, kind: 'done', data: { frames: job.frames } }, signal);
  console.log(`done ${job.call_id}`);
}

function event({ next: n, frames }) {
  return n === Math.ceil(frames / 2)
    ? { n, kind: 'result', data: { preview: `frame-${n}.png` } }
    : { n, kind: 'progress', percent: (100 * n) / frames, note: `frame ${n}` };
}

/** Retries with the same number until the push is accepted. */
async function push({ push_url }, event, signal) {
  for (let pause_ms = 100; ; pause_ms = Math.min(2 * pause_ms, 10_000)) {
    const answer = await fetch(push_url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    }).catch(() => signal.throwIfAborted());
    if (answer?.ok) return;
    // 410: the call is over. Any other 4xx is a mistake in this file, which no retry fixes.
    const isFinal = answer && answer.status < 500 && ![408, 429].includes(answer.status);
    if (isFinal) throw new Error(`${answer.status} ${await answer.text()}`);
    await sleep(pause_ms, undefined, { signal });
  }
}

async function save(job) {
  const path = join(JOBS, `${job.call_id}.json`);
  await writeFile(`${path}.new`, JSON.stringify(job));
  await rename(`${path}.new`, path);
}
