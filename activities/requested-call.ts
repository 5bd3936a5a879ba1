/** What the model has asked for, as a call: with an id of ours, its input checked, and what its tool says of such calls. */
import { ONE_RESULT } from '../contract/result-count.ts';
import type { RequestedCall } from '../contract/turn.ts';
import type { AskedCall } from '../model/message.ts';
import { parseToolCall } from '../model/tool-call.ts';
import { approvalOf } from '../tools/approval.ts';
import type { Tool } from '../tools/define.ts';
import type { Asking } from './asking.ts';
import { newCallId } from './call-id.ts';

export async function requestedCall(
  { tools, awaiting }: Pick<Asking, 'tools' | 'awaiting'>,
  asked: AskedCall,
): Promise<RequestedCall> {
  const known = tools.get(asked.name);
  const { duplicates = 'allow', ...tool } = known ?? {};
  const approval = approvalOf(tool);
  return {
    call_id: newCallId(),
    ...(await parseToolCall(tools, asked)),
    ...(duplicates !== 'allow' && { duplicates }),
    ...(approval && { approval }),
    ...(known && awaiting.of(known) === 'managed' && managed(known)),
  };
}

/** Its flow goes on when it has given all the results that it may. */
function managed({ results: { max } = ONE_RESULT }: Tool) {
  return { awaits: 'managed', ...(max !== 'many' && { results: max }) } as const;
}
