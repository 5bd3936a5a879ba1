/**
 * The words of a model as Markdown. They are not trusted: nothing in them can run, load, look like a part of the page, or lead
 * elsewhere than it says.
 */
import DOMPurify from 'dompurify';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type MarkdownBlock, createReader } from './blocks.ts';
import { withoutHidden } from './clear-text.ts';

export function Markdown({ text, growing = false }: { text: string; growing?: boolean }) {
  const [read] = useState(createReader);
  const blocks = useMemo(() => read(text, growing), [text, growing]);
  return (
    <div class="prose">
      {blocks.map((block, nth) => (
        // A block keeps its place while the text grows.
        <BlockView key={nth} block={block} />
      ))}
    </div>
  );
}

function BlockView({ block: { raw, html } }: { block: MarkdownBlock }) {
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const content = html === undefined ? document.createTextNode(raw) : safe(html);
    element.current!.replaceChildren(content);
  }, [raw, html]);
  return <div ref={element} class={html === undefined ? 'raw' : undefined} />;
}

/** Elements that only arrange text. None has an attribute by which it could take the look of a part of the page. */
const ALLOWED_TAGS =
  'p br hr strong em del s code pre blockquote ul ol li table thead tbody tr th td a img input h1 h2 h3 h4 h5 h6'.split(
    ' ',
  );

function safe(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR: ['href', 'src', 'alt', 'start', 'checked', 'type'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const image of fragment.querySelectorAll('img')) image.replaceWith(asLink(image));
  for (const link of fragment.querySelectorAll('a')) showDestination(link);
  for (const box of fragment.querySelectorAll('input')) box.replaceWith(box.checked ? '☑ ' : '☐ ');
  // The page has a heading of its own, so these are one level lower.
  for (const heading of fragment.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
    const lower = document.createElement(`h${Math.min(6, Number(heading.tagName[1]) + 1)}`);
    lower.replaceChildren(...heading.childNodes);
    heading.replaceWith(lower);
  }
  for (const table of fragment.querySelectorAll('table')) {
    const scroller = document.createElement('div');
    scroller.className = 'wide';
    scroller.tabIndex = 0;
    table.replaceWith(scroller);
    scroller.append(table);
  }
  for (const code of fragment.querySelectorAll('pre')) code.tabIndex = 0;
  return fragment;
}

/** An image would tell its server that it was looked at, and what the model has put into its address. */
function asLink(image: HTMLImageElement): Node {
  const address = image.getAttribute('src');
  const alt = image.getAttribute('alt') || 'image';
  if (address === null || image.closest('a')) return document.createTextNode(`[${alt}]`);
  const link = document.createElement('a');
  link.href = address;
  link.textContent = `[${alt}]`;
  return link;
}

/** Adds where a link leads, unless its text is the address. */
function showDestination(link: HTMLAnchorElement): void {
  const address = link.getAttribute('href');
  const url = address === null ? null : URL.parse(address);
  const words = withoutHidden(link.textContent);
  if (!url) return link.replaceWith(words);
  link.href = url.href;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  for (const text of textsIn(link)) text.data = withoutHidden(text.data);
  const isPlain = url.username === '' && url.password === '';
  if (isPlain && (words === url.href || words === url.href.replace(/\/$/, ''))) return;
  const destination = document.createElement('span');
  destination.className = 'leads-to';
  destination.textContent = url.protocol === 'mailto:' ? url.pathname : url.host;
  link.append(' ', destination);
}

function textsIn(node: Node): Text[] {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const found: Text[] = [];
  while (walker.nextNode()) found.push(walker.currentNode as Text);
  return found;
}
