/**
 * Checks the packages that users install: their licences, and known vulnerabilities, for which `npm run audit` asks the registry.
 * Exceptions are listed here, each with its reason.
 */
import { execFile } from 'node:child_process';
import { z } from 'zod';

const LICENCES = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'],
  'Unlicense',
]);

/** Exceptions by the name of the package. */
export const LICENCE_EXCEPTIONS: Record<string, { licence: string | null; why: string }> = {
  'caniuse-lite': {
    licence: 'CC-BY-4.0',
    why: 'Data about browsers that webpack reads. It is not part of what we publish.',
  },
  unionfs: {
    licence: null,
    why: 'Its package.json names none. Its LICENSE file is the Unlicense.',
  },
};

/** Reasons by the id of the advisory, as GHSA-xxxx-xxxx-xxxx. */
export const ADVISORY_EXCEPTIONS: Record<string, string> = {};

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      devOptional: z.boolean().optional(),
      license: z.string().optional(),
    }),
  ),
});

/** Packages that users install and whose licence is neither accepted nor excepted, and exceptions that no package needs. */
export function unacceptedLicences(lock: unknown): string[] {
  const needed = new Set<string>();
  const refused: string[] = [];
  for (const [path, { dev, devOptional, license }] of Object.entries(
    lockFile.parse(lock).packages,
  )) {
    if (path === '' || dev || devOptional || isAccepted(license)) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    needed.add(name);
    const exception = LICENCE_EXCEPTIONS[name];
    if (!exception || exception.licence !== (license ?? null)) {
      refused.push(`${name}: ${license ?? 'no licence'}`);
    }
  }
  const idle = Object.keys(LICENCE_EXCEPTIONS).filter((name) => !needed.has(name));
  return [...refused, ...idle.map((name) => `${name}: its exception is no longer needed`)];
}

/** An SPDX expression: all of `AND`, or any of `OR`. Nested ones are not accepted. */
function isAccepted(licence = ''): boolean {
  const names = licence.replaceAll(/[()]/g, '').split(/ (?:AND|OR) /);
  const accepts = (name: string) => LICENCES.has(name);
  if (licence.includes(' AND ') && licence.includes(' OR ')) return false;
  return licence.includes(' OR ') ? names.some(accepts) : names.every(accepts);
}

const report = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      severity: z.string(),
      via: z.array(
        z.union([
          z.string(),
          z.object({ url: z.string(), title: z.string(), severity: z.string() }),
        ]),
      ),
    }),
  ),
});

/** Advisories of high or critical severity that are not excepted, from the report of `npm audit --json`. */
export function openAdvisories(given: unknown): string[] {
  const found = new Map<string, string>();
  for (const [name, { via }] of Object.entries(report.parse(given).vulnerabilities)) {
    for (const advisory of via) {
      if (typeof advisory === 'string' || !SEVERE.has(advisory.severity)) continue;
      const id = advisory.url.slice(advisory.url.lastIndexOf('/') + 1);
      if (id in ADVISORY_EXCEPTIONS) continue;
      found.set(id, `${name}: ${advisory.title} (${advisory.severity}, ${advisory.url})`);
    }
  }
  return [...found.values()];
}

const SEVERE = new Set(['high', 'critical']);

if (import.meta.main) {
  const asked = await new Promise<string>((resolve) =>
    // npm exits with 1 both if it has found something and if the registry did not answer.
    execFile('npm', ['audit', '--omit=dev', '--json'], { maxBuffer: 50_000_000 }, (_, stdout) =>
      resolve(stdout),
    ),
  );
  const answer: unknown = JSON.parse(asked || '{}');
  if (report.safeParse(answer).success) {
    const open = openAdvisories(answer);
    console.log(open.length === 0 ? 'No advisory of high severity is open.' : open.join('\n'));
    process.exitCode = open.length === 0 ? 0 : 1;
  } else {
    console.log('The registry did not answer the audit, so nothing is known about advisories.');
  }
}
