import { z } from 'zod';
import { defineTool } from '../define.ts';

export default defineTool({
  name: 'clock',
  description: 'Tells the current date and time in a time zone.',
  input: z.object({
    time_zone: z
      .string()
      .refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')
      .default('UTC')
      .describe('IANA time zone, such as Europe/Berlin.'),
  }),
  async run({ time_zone }) {
    const now = new Date();
    const local = new Intl.DateTimeFormat('en-GB', {
      timeZone: time_zone,
      dateStyle: 'full',
      timeStyle: 'long',
    }).format(now);
    return { time_zone, local, utc: now.toISOString() };
  },
});

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}
