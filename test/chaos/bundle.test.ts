import { expect, test } from 'vitest';
import { bundleOptions } from '../../worker/bundle.ts';
import { chaosBundleOptions } from './bundle.ts';

test('a chaos run has all interceptors of the service, and one more', () => {
  const { workflowInterceptorModules: own = [] } = bundleOptions();
  const { workflowInterceptorModules: inChaos = [] } = chaosBundleOptions();
  expect(own.length).toBeGreaterThan(0);
  expect(inChaos.slice(0, -1)).toEqual(own);
  expect(inChaos.at(-1)).toMatch(/continue-as-new\.ts$/);
});
