/** Lists that the service returns in pages. */
export interface Page<T, Cursor> {
  items: T[];
  /** Undefined on the last page. */
  next_after?: Cursor | undefined;
}

/** Every item, page by page. */
export async function* paged<T, Cursor>(
  first: Cursor,
  load: (after: Cursor) => Promise<Page<T, Cursor>>,
): AsyncGenerator<T, void, void> {
  let page = await load(first);
  for (;;) {
    yield* page.items;
    if (page.next_after === undefined) return;
    page = await load(page.next_after);
  }
}
