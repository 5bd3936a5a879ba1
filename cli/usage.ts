/** The texts of `--help`. */
import { MCP_USAGE } from './mcp/arguments.ts';

export const USAGE = `Usage: meanwhile <command>

Commands:
  start      Starts the service: Temporal, worker, API. Settings come from the environment
             and from .env; .env.example lists them.
  api        Starts an API process, one of any number; \`api --help\` says what it needs.
  worker     Starts a worker process, one of any number; \`worker --help\` says what it needs.
  chat [ID]  Talks to an agent of the running service; with an id, continues that conversation.
             --url URL, --key KEY (of the API), --agent NAME, --json (prints the stream, for scripts).
  demo       Plays a sample conversation, on the running service or one started for it.
  doctor     Asks your model server a few small questions and says which settings fit it.
  mcp        Connects a harness to the running service: to its agents, its tools, or a proxy in front of
             an MCP server. \`mcp install codex\` sets it up. \`mcp --help\` says more.
  promote BUILD
             Moves conversations to the workers of this build (MEANWHILE_BUILD_ID).
  archive FILE
             Prints a file of MEANWHILE_ARCHIVE as lines of JSON; an encrypted one with MEANWHILE_ENCRYPTION_KEYS.
  explain ID Says why the agent spoke in a conversation of the running service, turn by turn.
  keys       Manages API keys of the service: \`keys create --name NAME [--tenant TENANT]
             [--scopes read,write,approve,admin] [--expires 90d] [--test]\`, \`keys list [--tenant TENANT]\`,
             \`keys rotate ID [--overlap 24h]\`, \`keys revoke ID\`.

Options:
  --help     Shows this help, or that of \`api\`, \`worker\` and \`mcp\`.
  --version  Shows the version.`;

/** Commands with a help text of their own. */
export type CommandWithHelp = 'api' | 'worker' | 'mcp';

const SHARED = `Settings (from the environment and .env; .env.example lists all of them):
  TEMPORAL_ADDRESS    host:port of the Temporal server. Required, and the same in every process.
  DATABASE_URL        PostgreSQL. Required, and the same in every process.
  REDIS_URL           Carries live text and progress between processes. Without it a reader sees the
                      text of a reply once a second, and no live percentages.
  MEANWHILE_SECRET    Signs push URLs and access tokens. Must be the same in every process.`;

export const USAGE_OF: Record<CommandWithHelp, string> = {
  mcp: MCP_USAGE,
  api: `Usage: meanwhile api

Starts an API process: requests and streams, no workers. Run any number of them behind a load balancer,
without sticky sessions: a reader may reconnect to any of them.

${SHARED}
  HOST, PORT          Where it listens. GET /healthz answers while the process runs. GET /readyz answers
                      200 while its dependencies answer, and 503 after SIGTERM.

SIGTERM ends every stream, which tells its reader to reconnect, answers the requests that have arrived,
and exits with 0 within seconds.`,
  worker: `Usage: meanwhile worker

Starts a worker process: conversations, replies and tools. Run any number of them.

${SHARED}
  MEANWHILE_HOME      A folder for this machine, which its workers may share: they then take over from
                      each other within half a second after a kill.
  MEANWHILE_PUBLIC_URL  URL at which remote tools reach the API.
  MEANWHILE_PROBE_PORT  Answers /healthz, /readyz and /metrics there. Unset: no port.
  MEANWHILE_BUILD_ID    Version of this worker, if conversations should move to it only when it is promoted.
  MEANWHILE_DRAIN_MS    How long a reply may go on after SIGTERM (5000).

SIGTERM takes no new work, hands tools that have a checkpoint to other workers at once, lets the rest go on
for MEANWHILE_DRAIN_MS and then hands that over too, and exits with 0.`,
};
