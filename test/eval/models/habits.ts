/** The models of the evaluation's own: one that behaves well, and for each check one that does not. */

export const HABITS = {
  good: 'does what the developer prompt says',
  inventing: 'makes up a reference while it waits for one',
  repeating: 'says again what it has told',
  confusing: 'tells a reference under the name of another call',
  hoarding: 'says that it cancels, and does not',
  silent: 'keeps news to itself',
  recalling: 'asks again for what runs already',
  impatient: 'tells at once what it should hold back',
  deaf: 'answers no question',
} as const;

export type Habit = keyof typeof HABITS;

export const isHabit = (name: string): name is Habit => Object.hasOwn(HABITS, name);
