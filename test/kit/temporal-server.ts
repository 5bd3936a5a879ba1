/** The Temporal cluster server and its tool for SQL schemas: from PATH, from our cache, or built with Go, once. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, mkdtemp, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from '../../config.ts';
import { removeFolder } from './remove-folder.ts';

export interface TemporalServerPrograms {
  server: string;
  sqlTool: string;
}

/** The server inside the Temporal CLI that the service fetches has the same version. */
export const SERVER_VERSION = '1.29.1';

const PACKAGES = { server: 'cmd/server', sqlTool: 'cmd/tools/sql' } as const;
const LONGEST_MS = 60 * 60_000;

/** @throws Error that says what to install */
export async function findTemporalServer(
  log: (line: string) => void,
): Promise<TemporalServerPrograms> {
  const folder = join(cacheFolder(), `temporal-server-${SERVER_VERSION}`);
  const programs = { server: join(folder, 'server'), sqlTool: join(folder, 'sql') };
  const missing = (Object.keys(PACKAGES) as (keyof typeof PACKAGES)[]).filter(
    (name) => !existsSync(programs[name]),
  );
  if (missing.length > 0) {
    log(`Building the Temporal server ${SERVER_VERSION} with Go, once; this takes many minutes …`);
    await mkdir(folder, { recursive: true });
    await build(
      missing.map((name) => PACKAGES[name]),
      folder,
    );
  }
  return programs;
}

/** A build as root is never needed, and one that runs a C compiler can replace files outside of its folder. */
async function build(packages: string[], target: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'meanwhile-go-'));
  const user = buildUser();
  if (user.uid !== undefined) await chown(folder, user.uid, user.gid!);
  const own = (name: string) => join(folder, name);
  try {
    for (const name of packages) {
      await execa(
        'go',
        ['install', '-ldflags=-s -w', `go.temporal.io/server/${name}@v${SERVER_VERSION}`],
        {
          ...user,
          cwd: folder,
          env: {
            HOME: folder,
            GOPATH: own('path'),
            GOCACHE: own('cache'),
            GOBIN: own('bin'),
            GOFLAGS: '-modcacherw -buildvcs=false',
            CGO_ENABLED: '0',
          },
          timeout: LONGEST_MS,
        },
      ).catch((cause: unknown) => {
        throw new Error(MISSING, { cause });
      });
      await install(own(join('bin', name.split('/').at(-1)!)), target);
    }
  } finally {
    await removeFolder(folder);
  }
}

/** In one step: a run that is killed leaves no half program. */
async function install(made: string, target: string): Promise<void> {
  const name = made.split('/').at(-1)!;
  const partial = join(target, `.partial-${process.pid}-${name}`);
  await copyFile(made, partial);
  await chmod(partial, 0o755);
  await rename(partial, join(target, name));
}

function buildUser(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

const MISSING = `The tests of a cluster need the Temporal server ${SERVER_VERSION}, and it could not be built: install Go 1.24 or newer.`;
