/** The calls that the model has requested, each with an id of ours, checked input and the settings of its tool. */
import { ONE_RESULT } from '../../contract/result-count.ts';
import type { RequestedCall } from '../../contract/call.ts';
import { ModelError } from '../../model/errors.ts';
import type { AskedCall } from '../../model/message.ts';
import { parseToolCall } from '../../model/tool-call.ts';
import { approvalOf } from '../../tools/approval.ts';
import type { Tool } from '../../tools/define.ts';
import { takenInput } from '../../tools/taken-input.ts';
import type { Asking } from './asking.ts';
import { newCallId } from './call-id.ts';

/**
 * Keeps the order in which the model requested the calls.
 * @throws ModelError `ModelBrokenAnswer` for an implausible number of calls
 */
export async function requestedCalls(
  asking: Pick<Asking, 'tools' | 'offered' | 'awaiting'>,
  asked: AskedCall[],
): Promise<RequestedCall[]> {
  if (asked.length > MOST_CALLS) {
    throw new ModelError(
      'ModelBrokenAnswer',
      `The model requested ${asked.length} calls at once; at most ${MOST_CALLS} are allowed.`,
    );
  }
  const calls = await Promise.all(asked.map((call) => requestedCall(asking, call)));
  let room = MOST_BYTES;
  return calls.map((call) => {
    const { attached: _dispensable, ...bare } = call;
    const taken = [call, bare].find((each) => sizeOf(each) <= room);
    room = taken ? room - sizeOf(taken) : 0;
    return taken ?? tooMuch(call);
  });
}

const sizeOf = (call: RequestedCall) => Buffer.byteLength(JSON.stringify(call));

const MOST_CALLS = 500;

/** The limit for all calls of a reply, which are one activity result: Temporal accepts two megabytes. */
const MOST_BYTES = 800_000;

function tooMuch({ call_id, tool }: RequestedCall): RequestedCall {
  const message = `The arguments of all calls of this reply exceed ${MOST_BYTES} bytes in total.`;
  return { call_id, tool, input: null, problem: { type: 'InvalidInput', message } };
}

async function requestedCall(
  { tools, offered, awaiting }: Pick<Asking, 'tools' | 'offered' | 'awaiting'>,
  asked: AskedCall,
): Promise<RequestedCall> {
  const known = tools.get(asked.name);
  const { duplicates = 'allow', ...tool } = known ?? {};
  const approval = approvalOf(tool);
  const parsed = await parseToolCall(tools, asked, offered);
  const isAsked = known && !parsed.problem && (approval ?? duplicates === 'confirm');
  return {
    call_id: newCallId(),
    ...parsed,
    ...(isAsked && (await takenInput(known, parsed.input))),
    ...(duplicates !== 'allow' && { duplicates }),
    ...(approval && { approval }),
    ...(known && awaiting.of(known) === 'managed' && managed(known)),
    ...(asked.attached && { attached: asked.attached }),
  };
}

/** The flow resumes when the call has returned all the results that it may. */
function managed({ results: { max } = ONE_RESULT }: Tool) {
  return { awaits: 'managed', ...(max !== 'many' && { results: max }) } as const;
}
