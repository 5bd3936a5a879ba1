/** Another tenant's conversations, tasks and resources at the MCP endpoints. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { signTaskId } from '../mcp/server/task-id.ts';
import { PUSH_SECRET } from '../test/kit/api.ts';
import { createMcpTestClient } from '../test/kit/mcp-client.ts';
import { createTwoTenants, MARK, type Tenant, type TwoTenants } from '../test/kit/two-tenants.ts';

let given: TwoTenants;
beforeEach(async () => {
  given = await createTwoTenants();
});
afterEach(() => given.api.app.close());

describe.each(['/mcp', '/mcp/tools'])('%s', (path) => {
  const clientOf = ({ key }: Tenant) => createMcpTestClient(given.base, { path, key, tasks: true });

  test("no tool does anything with another tenant's conversation", async () => {
    const client = clientOf(given.mine);
    const { tools } = await client.request('tools/list');
    const about = tools.filter(({ inputSchema }: any) => inputSchema.properties?.conversation_id);
    expect(about.length).toBeGreaterThan(0);
    for (const { name, inputSchema } of about) {
      const input = Object.fromEntries(
        Object.entries<any>(inputSchema.properties)
          .filter(([field]) => inputSchema.required?.includes(field) || field === 'conversation_id')
          .map(([field, schema]) => [field, valueFor(field, schema)]),
      );
      const result = await client.call(name, input);
      const said = JSON.stringify(result);
      expect(said, name).not.toContain(MARK);
      // It lists only conversations of the caller.
      if (name === 'list_calls') continue;
      expect(result.isError, `${name}: ${said}`).toBe(true);
      expect(said, name).toContain('conversation_not_found');
    }
  });

  test('no task and no resource of another tenant is found, read, cancelled or followed', async () => {
    const { id = '', call_id = '' } = given.theirs.ids;
    const facts = { tenant: 'theirs', conversation: id, created: Date.now() };
    const taskId = signTaskId(PUSH_SECRET, { ...facts, kind: 'call', call_id });
    const [client, owner] = [clientOf(given.mine), clientOf(given.theirs)];
    expect((await owner.request('tasks/get', { taskId })).taskId).toBe(taskId);
    for (const method of ['tasks/get', 'tasks/cancel']) {
      await expect(client.request(method, { taskId }), method).rejects.toThrow(/no such task/);
    }
    const answers = { taskId, inputResponses: {} };
    await expect(client.request('tasks/update', answers)).rejects.toThrow(/no such task/);

    const { resources } = await owner.request('resources/list');
    const { uri } = resources.find((each: { uri: string }) => each.uri.includes(id));
    expect(JSON.stringify(await owner.request('resources/read', { uri }))).toContain(MARK);
    await expect(client.request('resources/read', { uri })).rejects.toThrow();
    expect((await client.request('resources/list')).resources).toEqual([]);

    const subscription = { notifications: { taskIds: [taskId], resourceSubscriptions: [uri] } };
    for await (const { params } of client.open('subscriptions/listen', subscription)) {
      expect(params.notifications).toEqual({});
      break;
    }
  });
});

function valueFor(field: string, schema: { type?: string; enum?: unknown[] }): unknown {
  if (field === 'conversation_id') return given.theirs.ids['id'];
  if (field === 'call_id') return given.theirs.ids['call_id'];
  if (schema.enum) return schema.enum[0];
  return schema.type === 'string' ? 'hi' : schema.type === 'boolean' ? false : 0;
}
