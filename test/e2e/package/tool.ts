/** The types of the extension API, as a team's folder uses them. */
import { defineAgent, defineCommandTool, defineTool, z } from 'meanwhile';

export const tool = defineTool({
  name: 'count',
  description: 'Counts.',
  input: z.object({ from: z.int() }),
  async *run({ from }, call) {
    const start: number = from;
    yield call.progress(50, `${start} to go`);
    // @ts-expect-error a percentage is a number
    yield call.progress('50');
    return { counted: start };
  },
});

export const agent = defineAgent({ name: 'helper', instructions: 'Help.', tools: ['count'] });

// @ts-expect-error it has no instructions
export const mute = defineAgent({ name: 'mute' });

// @ts-expect-error it has no command
export const command = defineCommandTool({ name: 'x', description: 'X.', input: z.object({}) });
