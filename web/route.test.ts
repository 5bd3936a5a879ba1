import { expect, test } from 'vitest';
import { hashOf, readRoute, type Route } from './route.ts';

test('every view has an address that leads back to it', () => {
  const routes: Route[] = [
    { view: 'new' },
    { view: 'talk', id: 'conv_1', entry: undefined },
    { view: 'talk', id: 'conv_1', entry: 7 },
    { view: 'why', id: 'conv_1', entry: undefined },
    { view: 'why', id: 'a/b %', entry: 3 },
  ];
  for (const route of routes) expect(readRoute(hashOf(route))).toEqual(route);
});

test('an address that is not ours leads to the start or to no entry', () => {
  expect(readRoute('')).toEqual({ view: 'new' });
  expect(readRoute('#/conv_1/-5')).toEqual({ view: 'talk', id: 'conv_1', entry: undefined });
  expect(readRoute('#/%E0%A4%A')).toMatchObject({ view: 'talk', id: '%E0%A4%A' });
});
