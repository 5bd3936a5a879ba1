import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import packageFile from '../package.json' with { type: 'json' };
import { release, versionsIn } from './release.ts';

const head = '# Changelog\n\n## Unreleased\n';
const changes = '\n### Added\n\n- Something.\n';
const earlier = '\n## 0.1.0 - 2026-01-02\n\n- The first.\n';

describe('a release', () => {
  test('puts its version and date above the unreleased changes', () => {
    expect(release(head + changes + earlier, '0.2.0', '2026-02-03')).toBe(
      `${head}\n## 0.2.0 - 2026-02-03\n${changes}${earlier}`,
    );
  });

  test.each([
    ['nothing is unreleased', head + earlier, '0.2.0', /no entry/],
    ['there is no such heading', `# Changelog\n${earlier}`, '0.2.0', /no entry/],
    ['the version exists', head + changes + earlier, '0.1.0', /already has 0.1.0/],
  ])('is refused when %s', (_, changelog, version, why) => {
    expect(() => release(changelog, version, '2026-02-03')).toThrow(why);
  });
});

describe('the changelog', () => {
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const released = versionsIn(changelog);

  test('has an Unreleased section, and the version of package.json as its newest', () => {
    expect(changelog).toContain('\n## Unreleased\n');
    if (released.length > 0) expect(released[0]).toBe(packageFile.version);
  });

  test('has no other headings, and each version once, newest first', () => {
    const headings = [...changelog.matchAll(/^## (.*)$/gm)].map(([, name]) => name!);
    expect(headings.map((name) => name.split(' - ')[0])).toEqual(['Unreleased', ...released]);
    const inOrder = released.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
    expect(released).toEqual([...new Set(inOrder)]);
  });
});
