/** Every effect of the workflows, made from what it needs. Workflows import the type alone. */
import type { createDescribeTools } from './describe-tools.ts';
import type { createGenerateReply } from './generate-reply.ts';
import type { createRecord } from './record.ts';
import type { createRunTool } from './run-tool.ts';

export interface Activities {
  /** Asks the model for a reply and streams it. */
  generateReply: ReturnType<typeof createGenerateReply>;
  /** Runs a tool and tells its results as they come. */
  runTool: ReturnType<typeof createRunTool>;
  describeTool: ReturnType<typeof createDescribeTools>;
  /** Writes to the log. Local. What only starts a reply is written by generateReply. */
  record: ReturnType<typeof createRecord>;
}
