/** The package that a team's own tools and agents import: `import { defineTool, z } from 'meanwhile'`. */
export { z } from 'zod';
export { type Agent, defineAgent } from './agents/define.ts';
export { type CommandTool, defineCommandTool } from './tools/command.ts';
export { literal } from './tools/command-template.ts';
export {
  type CallContext,
  type CallYield,
  defineTool,
  type LocalTool,
  type Tool,
} from './tools/define.ts';
export type { ToolSettings } from './tools/load.ts';
export { defineRemoteTool, type RemoteTool } from './tools/remote.ts';
