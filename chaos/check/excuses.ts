/**
 * What cannot be zero: calls that fail because what they ran on was killed, and say so. Everything else that is found is a
 * fault. An excuse holds for no more calls than the run's kills can account for.
 */
export interface Excuse {
  /** The type of the error with which the call failed. */
  error: string;
  /** Targets whose kill can lead to it. */
  killed: string[];
  /** How many calls one kill can cost. */
  costs: 'one call' | 'any number';
  why: string;
}

export const EXCUSES: Excuse[] = [
  {
    error: 'KeeperLost',
    killed: ['keeper'],
    costs: 'one call',
    why:
      'KeeperLost: the keeper of the program was killed. It alone knows how its program ended, and running the program again ' +
      'could do everything twice, so the call fails and the model is told.',
  },
  {
    error: 'CommandFailed',
    killed: ['program'],
    costs: 'one call',
    why:
      'CommandFailed: the program itself was killed. Nothing but the program knows how far it was, so the call fails with the ' +
      'signal that ended it, and the model is told.',
  },
  {
    error: 'WorkerLost',
    killed: ['worker'],
    costs: 'any number',
    why:
      "WorkerLost: the tool declares `restart: 'fail'` and its worker was killed. It was asked not to go on, so the call fails " +
      'and the model is told.',
  },
];

/** Failures that are answers to what the model asked for: nothing has gone wrong. */
export const ANSWERS: ReadonlySet<string> = new Set([
  'InvalidInput',
  'UnknownTool',
  'NoSuchCall',
  'Duplicate',
]);
