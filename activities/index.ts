/** Every side effect of the workflows, created from its dependencies. Workflows import only the type. */
import type { createAnnounceCall, createWithdrawCall } from './call/announce.ts';
import type { ToolFacts } from '../contract/call.ts';
import type { createGenerateReply } from './reply/generate-reply.ts';
import type { createRecord, createRecordCommitted } from './log/record.ts';
import type { createRunTool } from './call/run-tool.ts';
import type { Noted } from './call/show-note.ts';
import type { createCloseGone, createFindCall } from './log/settle.ts';
import type { NewsPush } from '../contract/signals.ts';
import type { createStopProgram } from './call/stop-program.ts';
import type { createSummarise } from './reply/summarise.ts';
import type { createReleaseSlot, createTakeSlot } from './call/take-slot.ts';

export interface Activities {
  /** Asks the model for a reply and streams it. */
  generateReply: ReturnType<typeof createGenerateReply>;
  /** Asks the model for a summary of what it will no longer read. */
  summarise: ReturnType<typeof createSummarise>;
  /** Runs a tool and sends its results as they come. */
  runTool: ReturnType<typeof createRunTool>;
  /** Stops the processes that a call left running on this host. */
  stopProgram: ReturnType<typeof createStopProgram>;
  /** @param call the call whose tool is described */
  describeTool(name: string, call: Noted): Promise<ToolFacts>;
  /** Announces a call to another team's service. */
  announceCall: ReturnType<typeof createAnnounceCall>;
  /** Tells that service that the result of the call is no longer awaited. */
  withdrawCall: ReturnType<typeof createWithdrawCall>;
  /** Takes a slot for the call among those that run at once in its tenant. Fails as long as none is free. */
  takeSlot: ReturnType<typeof createTakeSlot>;
  releaseSlot: ReturnType<typeof createReleaseSlot>;
  /** The state of a call that may have been started before. */
  findCall: ReturnType<typeof createFindCall>;
  /** Pushes news to a harness. @returns the seqs of the entries that it has taken */
  pushNews(push: NewsPush): Promise<number[]>;
  /** Closes the log of a conversation whose workflow is gone. */
  closeGone: ReturnType<typeof createCloseGone>;
  /** Writes to the log. A local activity. A batch that only starts a reply is written by generateReply. */
  record: ReturnType<typeof createRecord>;
  /** Writes a batch to the log when `record` could not be certain that its task was committed. */
  recordCommitted: ReturnType<typeof createRecordCommitted>;
}
