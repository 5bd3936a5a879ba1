/** The real service with the tests' own tools, on the tests' Temporal server, and a model that the test plays. */
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { callWorkflowId, conversationWorkflowId, DEFAULT_TENANT } from '../../contract/names.ts';
import { EXTENSIONS } from './extensions.ts';
import { type PlayedModel, startPlayedModel } from './played-model.ts';
import { startTestService, type TestService } from './service.ts';
import { type Talk, talk } from './talk.ts';

export interface Stage {
  model: PlayedModel;
  service: TestService;
  /** Begins a conversation. */
  talk(text?: string): Promise<Talk>;
  /** As Temporal knows them. */
  workflows: {
    conversation(id: string): WorkflowHandle;
    call(id: string): WorkflowHandle;
    client: Client;
  };
}

/** For all tests of a file: ready when the first of them runs, gone after the last. */
export function useStage(env: Record<string, string> = {}): Stage {
  const stage = {} as Stage;
  const address = inject('temporalAddress');
  beforeAll(async () => {
    stage.model = await startPlayedModel();
    stage.service = await startTestService({
      temporal: address,
      env: { OPENAI_BASE_URL: stage.model.url, MEANWHILE_EXTENSIONS: EXTENSIONS, ...env },
    });
    stage.talk = (text) => talk(stage.service.client, text);
    const { namespace } = stage.service;
    const client = new Client({ connection: await Connection.connect({ address }), namespace });
    stage.workflows = {
      conversation: (id) =>
        client.workflow.getHandle(conversationWorkflowId({ tenant: DEFAULT_TENANT, id })),
      call: (id) => client.workflow.getHandle(callWorkflowId(DEFAULT_TENANT, id)),
      client,
    };
  });
  afterEach((test) => stage.service.explain(test));
  afterAll(async () => {
    await stage.workflows.client.connection.close();
    await stage.service.remove();
    await stage.model.close();
  });
  return stage;
}
