/** `meanwhile mcp calls`: lists the calls of harnesses. */
import type { Meanwhile } from '../../client/meanwhile.ts';
import type { CallHead } from '../../contract/head.ts';

interface Listed {
  id: string;
  agent: string;
  calls: CallHead[];
}

/** @returns a line for each call: the running ones first, then the newest */
export async function listCalls(
  client: Pick<Meanwhile, 'get'>,
  now = Date.now(),
): Promise<string[]> {
  const { conversations } = (await client.get('/v1/conversations?limit=100')) as {
    conversations: Listed[];
  };
  const calls = conversations
    .filter(({ agent }) => agent.startsWith('client:'))
    .flatMap(({ id, agent, calls: own }) =>
      own.map((call) => ({ call, conversation: id, client: agent.slice('client:'.length) })),
    );
  if (calls.length === 0) return ['There are no calls of harnesses.'];
  const isOpen = ({ call }: (typeof calls)[number]) => call.ended_at === undefined;
  const inOrder = calls.toSorted(
    (a, b) =>
      Number(isOpen(b)) - Number(isOpen(a)) ||
      b.call.requested_at.localeCompare(a.call.requested_at),
  );
  return inOrder.map(({ call, client: program, conversation }) => {
    const { id, tool, status, percent, note, requested_at, ended_at } = call;
    const took = (ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(requested_at);
    const doing = [percent === undefined ? undefined : `${percent} %`, note]
      .filter(Boolean)
      .join(' ');
    const state = ended_at === undefined && doing !== '' ? `${status}, ${doing}` : status;
    return `${id}  ${tool}  ${state}  ${duration(took)}  ${program}  ${conversation}`;
  });
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
