/** Two APIs and two workers on PostgreSQL, Redis and a development server of Temporal. */
import { describeManyProcesses, useManyProcesses } from '../kit/many-processes.ts';

describeManyProcesses(useManyProcesses());
