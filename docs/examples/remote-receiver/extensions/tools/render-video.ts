import { defineRemoteTool, z } from 'meanwhile';

const { RENDER_URL = 'http://127.0.0.1:4000/', RENDER_SECRET = '' } = process.env;

/** A separate service renders the video: `docs/examples/remote-receiver/receiver.mjs`. */
export default defineRemoteTool({
  name: 'render_video',
  description: 'Renders a video. The first result is a preview, the second says that it is ready.',
  input: z.object({ frames: z.int().min(2).max(10_000) }),
  results: { min: 2, max: 2 },
  url: RENDER_URL,
  secret: RENDER_SECRET,
  silence_ms: 60_000,
});
