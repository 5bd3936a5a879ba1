/** Schemas that several settings share. */
import { z } from 'zod';

export const whole = (min: number, max: number) => {
  const allowed = `must be a whole number from ${min} to ${max}`;
  return z.coerce
    .number(allowed)
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, allowed);
};
export const flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true');
export const port = whole(0, 65_535);
export const milliseconds = whole(0, 3_600_000);
export const count = whole(1, 1_000);
export const atOnce = whole(1, 10_000);
export const perWindow = whole(1, 1_000_000_000);
export const tokens = whole(1, 1_000_000_000_000);
export const bytes = whole(1_000, 100_000_000);
