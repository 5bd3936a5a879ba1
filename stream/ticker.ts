/** Calls `tick` every so many milliseconds until the returned function is called. Tests bring their own and tick by hand. */
export type Ticker = (milliseconds: number, tick: () => void) => () => void;

export const every: Ticker = (milliseconds, tick) => {
  const timer = setInterval(tick, milliseconds);
  return () => clearInterval(timer);
};
