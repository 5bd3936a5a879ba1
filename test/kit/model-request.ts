/** A request with a bit of everything, for whatever speaks to a provider. */
import type { ModelPart, ModelRequest } from '../../model/message.ts';

export const request: ModelRequest = {
  model: 'some-model',
  messages: [
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'Look, twice.' },
    {
      role: 'assistant',
      text: 'Looking.',
      calls: [
        { call_id: 'call_1', tool: 'look', arguments: '{"where":"here"}' },
        { call_id: 'call_2', tool: 'look', arguments: '{"where":"there"}' },
      ],
    },
    { role: 'tool', call_id: 'call_1', text: '{"status":"completed"}' },
    { role: 'tool', call_id: 'call_2', text: '{"status":"running"}' },
    { role: 'assistant', text: 'Nothing yet.', calls: [] },
    { role: 'user', text: 'And now?' },
  ],
  tools: [{ name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } }],
};
/** Is never aborted. */
export const never = new AbortController().signal;

export async function all(stream: AsyncIterable<ModelPart>): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}
