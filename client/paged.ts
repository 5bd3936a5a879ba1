/** Lists that the service returns in pages. */
export interface Page<T, Cursor> {
  items: T[];
  next_after?: Cursor | undefined;
}

/** Every item, page by page. */
export async function* paged<T, Cursor>(
  first: Cursor,
  load: (after: Cursor) => Promise<Page<T, Cursor>>,
): AsyncGenerator<T, void, void> {
  for (let after: Cursor | undefined = first; after !== undefined;) {
    const { items, next_after }: Page<T, Cursor> = await load(after);
    yield* items;
    after = next_after;
  }
}
