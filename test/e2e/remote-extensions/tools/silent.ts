import { defineRemoteTool, z } from 'meanwhile';

/** Its service takes the call and says nothing more. */
export default defineRemoteTool({
  name: 'silent',
  description: 'Says nothing.',
  input: z.object({}),
  url: process.env.BY_HAND_URL!,
  secret: process.env.RENDER_SECRET!,
  silence_ms: 300,
});
