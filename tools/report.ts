import type { Tool } from './define.ts';

/** True when the tool reports progress, and takes `report` from the model. */
export function yieldsProgress(
  tool: Pick<Tool, 'progress'> & { run?: unknown; remote?: unknown },
): boolean {
  if (tool.progress !== undefined) return tool.progress;
  return (
    tool.remote !== undefined ||
    Object.prototype.toString.call(tool.run) === '[object AsyncGeneratorFunction]'
  );
}
