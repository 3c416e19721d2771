// The explorer of errors: one looks closer from code to site to host to sitekey to samples, zooms with the keyboard and by
// links, hides a series, compares, and takes what is on the screen home as a file.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Browser, Server, assertAccessible, assertFits, assertNoFaults, close, hydrated, screenshots, signIn, signUp,
} from './harness.mjs';

const HOUR = 3_600_000;

let server;
let browser;
let sites;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  const page = await browser.open(server);
  await signUp(page, server);
  await close(page);
  sites = ['Shop', 'Docs', 'Blog'].map((name) => server.createSite(name, `${name.toLowerCase()}.example`));
  await report();
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

/** Two days of three sites: a surge of traffic, and one of denials from two hosts. */
async function report() {
  const api = server.api('events:write');
  const now = Date.now();
  const events = [];
  for (let hour = 1; hour <= 48; hour += 1) {
    sites.forEach(({ sitekey }, at) => {
      const event = (code, host, count) => events.push({
        time: now - hour * HOUR, sitekey, code, count, source: `edge-${1 + (hour % 2)}`,
        referer: host && `https://${host}/`, client: `c-${hour}`, user_agent: 'Mozilla/5.0',
      });
      event('ok', `www.${['shop', 'docs', 'blog'][at]}.example`, 400 * (3 - at) * (hour === 9 ? 4 : 1));
      event('payload_used', `www.${['shop', 'docs', 'blog'][at]}.example`, 3);
      event('time_invalid', null, 2 + at);
      if (at === 0) event('referer_denied', 'shop-example.net', hour < 6 ? 120 : 4);
      if (at === 1) event('referer_denied', 'partner.example', hour < 12 ? 30 : 2);
    });
  }
  const { accepted, rejected } = await api('POST', '/v1/events', events);
  assert.deepEqual(rejected, []);
  assert.equal(accepted, events.length);
}

/** The figure in the cell of a row under a column's name. */
async function cell(page, row, column) {
  return (await page.locator('tbody tr', { hasText: row }).first().locator(`[data-label="${column}"]`).innerText()).trim();
}

for (const javaScript of [true, false]) {
  const how = javaScript ? 'with JavaScript' : 'without JavaScript';

  test(`one looks closer from code to site to host to sitekey to samples, ${how}`, async () => {
    const page = await browser.open(server, { javaScript });
    await signIn(page);
    await page.goto('/errors?range=24h&compare=previous');
    await hydrated(page);
    assert.match(await page.locator('.table.codes').first().innerText(), /Adjust the site's "Associated Domains" list/);
    const denied = await cell(page, 'referer_denied', 'Count');
    await page.getByRole('link', { name: '2 sites with referer_denied' }).click();
    await page.waitForURL(/by=site/);
    await hydrated(page);
    assert.match(page.url(), /range=24h&compare=previous&code=referer_denied&by=site/);
    const shop = Number((await cell(page, 'Shop', 'Count')).replaceAll(',', ''));
    const docs = Number((await cell(page, 'Docs', 'Count')).replaceAll(',', ''));
    assert.equal(shop + docs, Number(denied.replaceAll(',', '')), 'the parts make the whole');
    assert.match(await cell(page, 'Shop', 'Change'), /times|%/);
    await page.getByRole('link', { name: 'Shop', exact: true }).click();
    await page.waitForURL(/by=host/);
    await hydrated(page);
    // Hosts are counted by whole hours, so the first one reaches further back than the range.
    const host = Number((await cell(page, 'shop-example.net', 'Count')).replaceAll(',', ''));
    assert.ok(host >= shop && host < shop * 1.1, `${host} of the host, ${shop} of the site`);
    assert.match(await cell(page, 'shop-example.net', 'Rate'), /^100\s%$/, 'all that came from that host was denied');
    await page.getByRole('link', { name: 'shop-example.net', exact: true }).click();
    await page.waitForURL(/by=sitekey/);
    await hydrated(page);
    await page.getByText('Only the samples know').waitFor();
    assert.ok(await page.getByRole('cell', { name: 'c-3' }).count(), 'the samples are shown');
    // What was chosen is taken away one by one.
    await page.getByRole('link', { name: 'Remove host shop-example.net' }).click();
    await page.waitForURL((url) => !url.searchParams.has('host'));
    await close(page);
  });

  test(`a bar, and the links beside the chart, change the time, ${how}`, async () => {
    const page = await browser.open(server, { javaScript });
    await signIn(page);
    await page.goto('/errors?range=24h&code=referer_denied');
    await hydrated(page);
    const href = await page.locator('.cols a').nth(40).getAttribute('href');
    assert.match(href, /code=referer_denied&from=.*&to=/);
    await page.goto(new URL(href, page.url()).href);
    const shown = new URL(page.url()).searchParams;
    assert.equal(new Date(shown.get('to')) - new Date(shown.get('from')), 15 * 60_000);
    await page.getByRole('link', { name: 'Zoom out' }).click();
    await page.waitForURL((url) => new Date(url.searchParams.get('to')) - new Date(url.searchParams.get('from')) === 30 * 60_000);
    await page.getByRole('link', { name: 'Earlier' }).click();
    await page.waitForURL((url) => new Date(url.searchParams.get('from')) < new Date(shown.get('from')) - 10 * 60_000);
    await close(page);
  });

  test(`a series is hidden and shown by its legend, ${how}`, async () => {
    const page = await browser.open(server, { javaScript });
    await signIn(page);
    // Hours that are over: a range that ends now moves on by a bar.
    const hour = 3_600_000;
    const end = Math.floor(Date.now() / hour) * hour;
    const [from, to] = [end - 24 * hour, end].map((at) => new Date(at).toISOString());
    await page.goto(`/errors?from=${from}&to=${to}`);
    await hydrated(page);
    const parts = async () => ((await page.locator('.cols path.s1').all()).length
      ? (await page.locator('.cols path.s1').getAttribute('d')).split('z').length - 1 : 0);
    const drawn = await parts();
    assert.ok(drawn > 10, `${drawn} parts`);
    await page.locator('.legend a', { hasText: 'referer_denied' }).click();
    await page.waitForURL(/hide=referer_denied/);
    assert.equal(await parts(), 0);
    await page.locator('.legend a.off', { hasText: 'referer_denied' }).click();
    await page.waitForURL((url) => !url.searchParams.has('hide'));
    assert.equal(await parts(), drawn);
    await close(page);
  });
}

test('the keyboard chooses a time and zooms into it', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await page.goto('/errors?range=24h&by=site');
  await hydrated(page);
  const brush = page.getByRole('slider');
  await brush.focus();
  await page.keyboard.press('Home');
  assert.equal(await brush.getAttribute('aria-valuenow'), '0');
  assert.match(await brush.getAttribute('aria-valuetext'), /UTC/);
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowRight');
  assert.equal(await brush.getAttribute('aria-valuenow'), '3');
  for (let step = 0; step < 2; step += 1) await page.keyboard.press('Shift+ArrowRight');
  assert.match(await brush.getAttribute('aria-valuetext'), / to .*zoom in/);
  await page.keyboard.press('Escape');
  assert.equal(await brush.getAttribute('aria-valuetext'), 'Nothing chosen');
  await page.keyboard.press('End');
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=/);
  const shown = new URL(page.url()).searchParams;
  assert.equal(new Date(shown.get('to')) - new Date(shown.get('from')), 4 * HOUR, 'four steps of an hour');
  assert.equal(shown.get('by'), 'site');
  await close(page);
});

test('the mouse chooses a time by dragging', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await page.goto('/errors?range=24h&by=site');
  await hydrated(page);
  const { x, y, width, height } = await page.getByRole('slider').boundingBox();
  await page.mouse.move(x + width * 0.25, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=/);
  const shown = new URL(page.url()).searchParams;
  const hours = (new Date(shown.get('to')) - new Date(shown.get('from'))) / HOUR;
  assert.ok(hours >= 6 && hours <= 8, `${hours} hours`);
  await close(page);
});

test('the file has what is on the screen', async () => {
  const page = await browser.open(server);
  await signIn(page);
  for (const query of ['by=site&range=24h&compare=week', 'by=host&range=7d&code=referer_denied', 'by=code&range=24h']) {
    await page.goto(`/errors?${query}`);
    await hydrated(page);
    // Closed disclosures have no inner text.
    for (const fold of await page.locator('details.disclosure:not([open]) > summary').all()) await fold.click();
    const onScreen = await page.locator('section[aria-labelledby="groups"] tbody tr').evaluateAll((rows) => rows.map((row) =>
      Number(row.querySelector('[data-label="Count"]').textContent.replaceAll(',', ''))));
    await page.getByText('Export', { exact: true }).click();
    const path = await page.getByRole('link', { name: /^CSV/ }).getAttribute('href');
    const text = await page.evaluate((path) => fetch(path).then((response) => response.text()), path);
    const inFile = text.trim().split('\r\n').slice(1).map((line) => Number(line.split(',')[2]));
    assert.deepEqual([...inFile].sort((a, b) => a - b), [...onScreen].sort((a, b) => a - b), query);
    assert.ok(inFile.length > 1 && inFile[0] > 0, query);
  }
  await close(page);
});

test('a surge of traffic is no spike of the rate', async () => {
  const page = await browser.open(server);
  await signIn(page);
  const rateAt = async (path) => {
    await page.goto(path);
    return page.locator('#as-table tbody tr').evaluateAll((rows) => rows.map((row) => {
      const cells = [...row.querySelectorAll('td')].map((cell) => cell.textContent);
      return { attempts: Number(cells.at(-2).replaceAll(',', '')), rate: cells.at(-1) };
    }));
  };
  const rows = await rateAt('/errors?range=7d&code=payload_used&as=rate&table=1');
  const surge = rows.reduce((most, row) => (row.attempts > most.attempts ? row : most));
  const other = rows.filter((row) => row.attempts > 0 && row !== surge);
  const usual = other.map((row) => row.attempts).sort((a, b) => a - b)[Math.floor(other.length / 2)];
  assert.ok(surge.attempts > 1.5 * usual, `${surge.attempts} and ${usual}`);
  const percent = (text) => Number(/[\d.]+/.exec(text)[0]);
  assert.ok(percent(surge.rate) <= Math.max(...other.map((row) => percent(row.rate))), surge.rate);
  await close(page);
});

test('every face of the explorer is accessible and fits, light and dark, wide and narrow', async (t) => {
  const page = await browser.open(server);
  await signIn(page);
  const faces = {
    'explorer-code': '/errors?range=24h&compare=previous',
    'explorer-site': '/errors?range=7d&by=site&compare=week',
    'explorer-rate': '/errors?range=24h&as=rate&table=1',
    'explorer-host': `/errors?range=24h&by=host&code=referer_denied&site=${sites[0].id}`,
    'explorer-sampled': '/errors?range=24h&by=sitekey&host=shop-example.net&code=referer_denied',
    'explorer-source': '/errors?range=24h&by=source',
    'explorer-passed': '/errors?range=24h&code=forbidden',
    'explorer-silent': '/errors?range=1h&source=edge-1&site=999',
  };
  for (const [name, path] of Object.entries(faces)) {
    await t.test(path, async () => {
      await page.goto(path);
      await hydrated(page);
      for (const scheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await assertAccessible(page);
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await assertFits(page);
      await assertAccessible(page);
      await screenshots(page, name);
      assertNoFaults(page);
    });
  }
  await close(page);
});
