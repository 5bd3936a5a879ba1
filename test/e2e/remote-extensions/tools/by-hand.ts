import { defineRemoteTool, z } from 'meanwhile';

/** Its service is the test itself. */
export default defineRemoteTool({
  name: 'by_hand',
  description: 'Done by hand.',
  input: z.object({}),
  results: { min: 1, max: 3 },
  report: 'everything',
  url: process.env.BY_HAND_URL!,
  secret: process.env.RENDER_SECRET!,
});
