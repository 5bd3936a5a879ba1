/** Schemas of how an MCP server is reached, and of a server that a proxy declares. */
import { z } from 'zod';

const texts = z.record(z.string(), z.string());

export const stdioServer = z.strictObject({
  type: z.literal('stdio'),
  command: z.string().min(1),
  args: z.array(z.string()),
  env: texts,
  cwd: z.string().min(1),
});

export const httpServer = z.strictObject({
  type: z.literal('http'),
  url: z.string(),
  headers: texts,
});

export const declaredServer = z.strictObject({
  tenant: z.string(),
  name: z.string().min(1).max(100),
  transport: z.discriminatedUnion('type', [stdioServer, httpServer]),
});

export type StdioServer = z.infer<typeof stdioServer>;
export type HttpServer = z.infer<typeof httpServer>;
export type DeclaredServer = z.infer<typeof declaredServer>;
