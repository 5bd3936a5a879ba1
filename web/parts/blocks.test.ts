import { expect, test } from 'vitest';
import { createReader } from './blocks.ts';

const DOCUMENT = `# A plan

First some *words* with \`code\`, and a line
that goes on.

- one
- two

  still two
- three

1. alpha
2. beta

> quoted
> twice

\`\`\`ts
const a = '**not bold**';

const b = 2;
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

Heading
-------

The **end**.
`;

const htmlOf = (text: string, growing: boolean, read = createReader()) =>
  read(text, growing).map(({ html }) => html);

test('text that grows shows the same as if it had come at once, at every length', () => {
  const read = createReader();
  for (let length = 1; length <= DOCUMENT.length; length += 1) {
    const text = DOCUMENT.slice(0, length);
    expect(htmlOf(text, true, read), JSON.stringify(text)).toEqual(htmlOf(text, true));
  }
  expect(htmlOf(DOCUMENT, false, read)).toEqual(htmlOf(DOCUMENT, true));
});

test('a finished block is not read again', () => {
  const read = createReader();
  const [first] = read('One.\n\nTwo.\n\nThree.', true);
  expect(first?.html).toBe('<p>One.</p>\n');
  for (const more of [' More.', ' More.\n\nFour.', ' More.\n\nFour.\n\n- five']) {
    expect(read(`One.\n\nTwo.\n\nThree.${more}`, true)[0]).toBe(first);
  }
});

test('a reference that is defined at the end becomes a link in the blocks before', () => {
  const read = createReader();
  const text = 'See [docs].\n\nTwo.\n\nThree.\n\nFour.\n\n';
  read(text, true);
  read(`${text}[docs]: https://a.example\n`, true);
  const all = htmlOf(`${text}[docs]: https://a.example\n\nFive.`, true, read);
  expect(all[0]).toBe('<p>See <a href="https://a.example">docs</a>.</p>\n');
  expect(all).toHaveLength(5);
});

test('text that is replaced by other text is read from its beginning', () => {
  const read = createReader();
  read('One.\n\nTwo.\n\nThree.\n\nFour.', true);
  expect(htmlOf('Once more.\n\nTwo.', true, read)).toEqual([
    '<p>Once more.</p>\n',
    '<p>Two.</p>\n',
  ]);
});

test('line ends of Windows are line ends', () => {
  const read = createReader();
  read('One.\r\n\r\nTwo.\r\n\r\nThree.', true);
  expect(htmlOf('One.\r\n\r\nTwo.\r\n\r\nThree.\r\n\r\nFour.', true, read)).toHaveLength(4);
});

test('markup is text', () => {
  expect(htmlOf('<b>bold</b> and <script>x</script>', false)).toEqual([
    '<p>&lt;b&gt;bold&lt;/b&gt; and &lt;script&gt;x&lt;/script&gt;</p>\n',
  ]);
});
