import type { Opened } from '../opened.ts';

export const Why = ({ opened }: { opened: Opened }) => <p>{opened.id}</p>;
