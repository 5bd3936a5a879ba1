/** Calls `tick` at this interval until the returned function is called. Tests pass their own and tick by hand. */
export type Ticker = (milliseconds: number, tick: () => void) => () => void;

export const every: Ticker = (milliseconds, tick) => {
  const timer = setInterval(tick, milliseconds);
  return () => clearInterval(timer);
};
