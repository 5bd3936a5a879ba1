/** Whether a provider refuses the answer of its own model, which it could not read. Asked again, the model may write another. */
import type { ServerRefusal } from './too-long.ts';

export const isUnreadable = ({ code = '', words }: ServerRefusal) =>
  UNREADABLE.test(code) || /"failed_generation"/.test(words);

const UNREADABLE = /^(tool_use_failed|output_parse_failed|json_validate_failed)$/;
