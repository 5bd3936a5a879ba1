/** What the conversation was told of a call. */
export interface Told {
  call_id: string;
  /** Before its end, in the order in which they came. */
  events: number;
  /** The program's own, not the end of one that was cancelled. */
  ended: boolean;
}
