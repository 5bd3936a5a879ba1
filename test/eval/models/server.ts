/** The scripted models behind the OpenAI protocol. */
import { paced } from '../../../cli/demo/pace.ts';
import { estimateUsage, WireError, type WireRequest } from '../../../cli/demo/wire.ts';
import { startWireServer, type WireServer } from '../../../cli/demo/wire-server.ts';
import { type Habit, HABITS, isHabit } from './habits.ts';
import { answer } from './scripted.ts';

/** Before each word. A story takes seconds, so that there is something to cut into. */
const WORD_MS = 10;

/** @param habitOf which model answers a request; default: the one that it names */
export function startScriptedModels({
  habitOf = namedBy,
}: { habitOf?: (request: WireRequest) => Habit } = {}): Promise<WireServer> {
  return startWireServer({
    port: 0,
    host: '127.0.0.1',
    models: Object.keys(HABITS),
    answer: ({ request, closed, send }) => {
      const { text, calls } = answer(request.messages, habitOf(request));
      return send({
        text: paced(text, WORD_MS, closed),
        calls,
        usage: (said) => estimateUsage(request, said, calls),
      });
    },
  });
}

/** @throws WireError 404 */
function namedBy({ model }: WireRequest): Habit {
  if (isHabit(model)) return model;
  throw new WireError(404, `There is no model ${model}.`, 'model_not_found', 'model');
}
