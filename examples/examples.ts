/** All examples, in the order in which they are shown. */
import type { Example } from './example.ts';
import alerts from './alerts/index.ts';
import changes from './changes/index.ts';
import gui from './gui/index.ts';
import pipeline from './pipeline/index.ts';

export const EXAMPLES: Example[] = [gui, alerts, changes, pipeline];
