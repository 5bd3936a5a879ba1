import { Box } from 'ink';
import { createElement as h, type ReactElement, type ReactNode } from 'react';

/** Something that needs a person. It has an edge at the left alone: full lines would wrap when the terminal gets narrower. */
export function Card({ children }: { children?: ReactNode }): ReactElement {
  const noEdge = { borderTop: false, borderRight: false, borderBottom: false };
  return h(
    Box,
    {
      ...{ borderStyle: 'bold', borderColor: 'yellow', ...noEdge },
      ...{ flexDirection: 'column', marginTop: 1, paddingLeft: 1 },
    },
    children,
  );
}
