import { Text } from 'ink';
import { createElement as h, type ReactElement } from 'react';
import type { CallState } from '../../client/index.ts';
import { Card } from './card.ts';
import { clean } from './clean.ts';

/** The question of a running call, with the commands that answer it. */
export function QuestionCard({ call, number }: { call: CallState; number: number }): ReactElement {
  const { message, schema, url } = call.question!;
  const fields = Object.entries(
    (schema?.properties ?? {}) as Record<string, { type?: string; description?: string }>,
  );
  return h(
    Card,
    null,
    h(Text, { bold: true }, clean(message)),
    url !== undefined && h(Text, null, `Visit ${clean(url)}`),
    ...fields
      .slice(0, MOST_FIELDS)
      .map(([name, { type = '', description = '' }]) =>
        h(Text, { key: name }, clean(`${name} (${type}) ${description}`.trim())),
      ),
    h(Text, { dimColor: true }, `/answer ${number} …, or /decline ${number} (${call.tool})`),
  );
}

const MOST_FIELDS = 8;
