import type { z } from 'zod';
import type { agentList, serviceInfo, toolList } from '../contract/service.ts';
import { Conversations } from './conversations.ts';
import { type ClientOptions, Http, type RequestOptions } from './http.ts';

export type ServiceInfo = z.output<typeof serviceInfo>;
export type ToolList = z.output<typeof toolList>;
export type AgentList = z.output<typeof agentList>;

/** A client of the service, for Node and browsers. */
export class Meanwhile extends Http {
  readonly conversations: Conversations;

  constructor(options: ClientOptions = {}) {
    super(options);
    this.conversations = new Conversations(this);
  }

  /** The service's version, whether a demo model answers, and where the Temporal UI is. */
  service(options?: RequestOptions): Promise<ServiceInfo> {
    return this.get('/v1/service', options);
  }

  /** Every tool, and the MCP servers that some belong to. */
  tools(options?: RequestOptions): Promise<ToolList> {
    return this.get('/v1/tools', options);
  }

  /** Every agent. */
  agents(options?: RequestOptions): Promise<AgentList> {
    return this.get('/v1/agents', options);
  }
}
