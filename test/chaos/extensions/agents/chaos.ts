import { defineAgent } from 'meanwhile';

/** Short runs, so that a conversation continues as new several times in a minute; short pauses, so that much happens. */
export default defineAgent({
  name: 'chaos',
  instructions: 'Do what stands in square brackets.',
  // Those of this folder, and those of MCP servers in a run that has any.
  tools: 'all',
  limits: {
    max_history_events: 150,
    settle_ms: 50,
    quiet_ms: 100,
    quiet_max_ms: 500,
    grace_ms: 300,
    unsolicited_per_minute: 1_000,
    unsolicited_in_a_row: 1_000,
  },
});
