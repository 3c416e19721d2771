// The whole job, from the printed link to a host that is let through: with JavaScript, and again without.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ADMIN, Browser, Server, assertNoFaults, close, hydrated, signUp } from './harness.mjs';

const DOMAIN = 'semicomplete.com';
const FIX = 'logstash.net';
const WHOLE = fileURLToPath(new URL('../../../shared/data/access.log', import.meta.url));
const EXCERPT = fileURLToPath(new URL('../fixtures/access.log', import.meta.url));
const LOG = existsSync(WHOLE) ? WHOLE : EXCERPT;
const EXPECTED = countedByHand(LOG);
const grouped = (count) => count.toLocaleString('en-US');

let browser;

before(async () => {
  browser = await Browser.start();
});

after(async () => {
  await browser?.stop();
});

test('the log is the one whose counts are known', () => {
  assert.deepEqual(
    { ok: EXPECTED.ok, denied: EXPECTED.denied, missing: EXPECTED.missing, google: EXPECTED.hosts.get('www.google.com') },
    LOG === WHOLE
      ? { ok: 3441, denied: 3559, missing: 2912, google: 160 }
      : { ok: 79, denied: 123, missing: 87, google: 4 });
});

for (const javaScript of [true, false]) {
  const how = `${javaScript ? 'with' : 'without'} JavaScript`;
  test(`an operator makes a site, replays a log, and lets a host through, ${how}`, async (t) => {
    const server = await Server.start();
    const page = await browser.open(server, { javaScript });
    try {
      await story(t, server, page);
      await close(page);
    } finally {
      await server.stop();
    }
  });
}

async function story(t, server, page) {
  let sitekey;
  let replayed;
  let denied;
  const check = server.api('check');
  const ask = () => check('POST', '/v1/check', { sitekey, referer: `https://${FIX}/docs/` });
  const flash = page.locator('.flash.ok');

  await t.test('becomes the first administrator', async () => {
    await signUp(page, server);
    assert.equal(await page.locator('h1').innerText(), 'Welcome to Sitekeeper');
    assertNoFaults(page);
  });

  await t.test('makes a site, and sees its secret once', async () => {
    await page.getByRole('link', { name: 'Create a site' }).click();
    await page.waitForURL(at(/^\/sites\/new$/));
    await hydrated(page);
    await page.getByLabel('Name').fill('Semicomplete');
    await page.getByLabel('Domains', { exact: true }).fill(`https://${DOMAIN.toUpperCase()}/about`);
    await page.getByLabel('Include subdomains').check();
    await page.getByRole('button', { name: 'Create site' }).click();
    await page.waitForURL(at(/^\/sites\/\d+$/));
    assert.match(await flash.innerText(), /Created Semicomplete/);
    assert.match(await page.locator('.reveal code').first().innerText(), /^secret_[0-9A-Za-z]{40,}$/);
    await page.reload();
    assert.equal(await page.locator('.reveal').count(), 0);
    await page.getByRole('link', { name: 'Integration' }).click();
    const snippet = await page.getByLabel('HTML snippet').innerText();
    [sitekey] = /site_[0-9A-Za-z]{26}/.exec(snippet);
    await page.getByRole('link', { name: /^Domains/ }).click();
    await page.getByRole('row', { name: new RegExp(DOMAIN.replace('.', '\\.')) }).first().waitFor();
    assertNoFaults(page);
  });

  await t.test('replays a log, whose counts are exact', () => {
    replayed = replay(server, sitekey);
    const { codes, requests, accepted, duplicate } = replayed;
    const all = EXPECTED.ok + EXPECTED.denied;
    assert.deepEqual({ codes, requests, accepted, duplicate }, {
      codes: { ok: EXPECTED.ok, referer_denied: EXPECTED.denied }, requests: all, accepted: all, duplicate: 0,
    });
  });

  const range = () => new URL(replayed.url).search;

  await t.test('sees the same in the console, by the link that the replay printed', async () => {
    await page.goto(replayed.url);
    assert.equal(await figure(page, 'Denied by the gate'), grouped(EXPECTED.denied));
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'referer_denied' }) });
    await row.getByRole('cell', { name: grouped(EXPECTED.denied), exact: true }).waitFor();
    const hosts = page.getByRole('row').filter({ hasText: /^\s*semicomplete\.com/ });
    await hosts.first().waitFor();
    assert.equal(await total('ok'), EXPECTED.ok, 'ok in the statistics');
    assertNoFaults(page);
  });

  await t.test('sees which hosts were denied, the most frequent first', async () => {
    denied = `/errors/referer_denied${range()}`;
    await page.goto(denied);
    assert.equal(await figure(page, 'Events'), grouped(EXPECTED.denied));
    assert.equal(await figure(page, 'From hosts'), grouped(EXPECTED.denied - EXPECTED.missing));
    const expected = [...EXPECTED.hosts].sort(([, a], [, b]) => b - a).slice(0, 5);
    const rows = await rejected(page).locator('tbody tr').evaluateAll((rows) => rows
      .filter((row) => !row.querySelector('th .muted'))
      .map((row) => [row.querySelector('th .host').textContent.trim(), row.querySelector('td.num').textContent]));
    const [host, count] = rows[0];
    assert.equal(host, expected[0][0]);
    assert.match(count, new RegExp(`(^|\\D)${expected[0][1]}(\\D|$)`));
    const counts = new Map(rows.map(([name, text]) => [name, Number(/\d[\d,]*/.exec(text)[0].replaceAll(',', ''))]));
    for (const [name, number] of expected) assert.equal(counts.get(name), number, name);
    assertNoFaults(page);
  });

  await t.test('lets one of them through, which the gate does at once', async () => {
    assert.equal((await ask()).code, 'referer_denied');
    const row = rejected(page).getByRole('row').filter({ hasText: new RegExp(`^\\s*${FIX.replace('.', '\\.')}`) });
    await row.locator('summary').click();
    await row.getByRole('link', { name: 'This host only…' }).click();
    await page.waitForURL(at(/\/domains\/allow$/));
    assert.equal(await page.locator('h1').innerText(), `Allow ${FIX} on Semicomplete?`);
    const effects = (await page.locator('.effects').innerText()).replaceAll(/\s+/g, ' ');
    assert.match(effects, new RegExp(`Would have let through ${EXPECTED.hosts.get(FIX)} of ${grouped(EXPECTED.denied)} denials`));
    assert.equal((await ask()).decision, 'deny', 'asking changes nothing');
    await page.getByRole('button', { name: `Allow ${FIX}` }).click();
    await flash.waitFor();
    assert.equal((await ask()).decision, 'allow');
    const [back, anchor] = page.url().split('#');
    assert.equal(decodeURIComponent(back), decodeURIComponent(server.base + denied));
    assert.match(anchor, new RegExp(`^host-\\d+-${FIX.replace('.', '\\.')}$`), 'back at its row');
    assert.match(await flash.innerText(), new RegExp(`Allowed ${FIX} on Semicomplete`));
    assertNoFaults(page);
  });

  await t.test('takes that back, and does it again', async () => {
    await flash.getByRole('button', { name: /^Undo/ }).click();
    await page.locator('.flash.ok', { hasText: 'Taken back' }).waitFor();
    assert.equal((await ask()).code, 'referer_denied');
    await flash.getByRole('button', { name: /^Undo/ }).click();
    await page.locator('.flash.ok', { hasText: 'Taken back' }).filter({ hasText: 'Removed domain' }).waitFor();
    assert.equal((await ask()).decision, 'allow');
    assertNoFaults(page);
  });

  await t.test('pauses the site and starts it again', async () => {
    const site = new URL(replayed.url).pathname;
    for (const [verb, done] of [['Pause', 'site_paused'], ['Start', undefined]]) {
      await page.goto(site);
      await page.getByRole('link', { name: `${verb}…` }).click();
      await page.waitForURL(at(/\/state$/));
      assert.equal(await page.locator('h1').innerText(), `${verb} Semicomplete?`);
      await page.getByRole('button', { name: `${verb} Semicomplete` }).click();
      await flash.waitFor();
      assert.equal((await ask()).code, done);
      assert.equal(new URL(page.url()).pathname, site);
    }
    assertNoFaults(page);
  });

  await t.test('finds all of it in the trail, with who did it', async () => {
    await page.goto('/audit');
    const rows = await page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => ({
      action: row.querySelector('[data-label=Action] code').textContent,
      who: row.querySelector('[data-label=Who]').textContent,
      text: row.textContent,
    })));
    const done = rows.map(({ action }) => action);
    const expected = [
      'site.started', 'site.paused', 'domain.added', 'domain.removed', 'domain.added', 'site.created',
    ];
    assert.deepEqual(done.filter((action) => expected.includes(action)).slice(0, 5), expected.slice(0, 5));
    for (const action of expected) {
      const row = rows.find((row) => row.action === action);
      assert.equal(row?.who, ADMIN.email, action);
    }
    const added = rows.filter(({ action, text }) => action === 'domain.added' && text.includes(FIX));
    assert.equal(added.length, 2);
    assertNoFaults(page);
  });

  await t.test('replays the same log again, which adds nothing', async () => {
    // The gate of now decides: it lets more through than before, but each line was counted already.
    const { accepted, duplicate } = replay(server, sitekey);
    assert.deepEqual({ accepted, duplicate }, { accepted: 0, duplicate: EXPECTED.ok + EXPECTED.denied });
    await page.goto(denied);
    assert.equal(await figure(page, 'Events'), grouped(EXPECTED.denied));
    assert.equal(await total('ok'), EXPECTED.ok);
    assertNoFaults(page);
  });

  /** What `/v1/stats` counts under a code over the range of the log. */
  async function total(code) {
    const { from, to } = replayed;
    const query = new URLSearchParams({ from, to: new Date(Date.parse(to) + 1000).toISOString(), group_by: 'code' });
    const { rows } = await server.api('stats:read')('GET', `/v1/stats?${query}`);
    return rows.find(({ key }) => key === code)?.count ?? 0;
  }
}

/** Whether an address has such a path, whatever its query holds. */
const at = (path) => (url) => path.test(url.pathname);

function replay(server, sitekey) {
  return JSON.parse(server.run(['replay', LOG, '--sitekey', sitekey, '--json']));
}

function rejected(page) {
  return page.getByRole('region', { name: 'Rejected hosts' }).locator('table');
}

/** A key figure, by its label. */
async function figure(page, label) {
  return page.locator('.figures > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${label}$`) }) })
    .locator('dd').first().innerText();
}

/** What the gate must make of each line, read with nothing of Sitekeeper's own. */
function countedByHand(path) {
  const counts = { ok: 0, denied: 0, missing: 0, hosts: new Map() };
  for (const line of readFileSync(path, 'latin1').split('\n')) {
    const [, referer] = /" \d{3} (?:\d+|-) "([^"]*)" "/.exec(line) ?? [];
    if (referer === undefined) continue;
    const [, host] = /^https?:\/\/([^/:?#]+)/i.exec(referer) ?? [];
    if (host !== undefined && new RegExp(`(^|\\.)${DOMAIN.replace('.', '\\.')}$`, 'i').test(host)) {
      counts.ok += 1;
      continue;
    }
    counts.denied += 1;
    if (referer === '-') counts.missing += 1;
    else if (host !== undefined && !host.includes('\\')) counts.hosts.set(host, (counts.hosts.get(host) ?? 0) + 1);
  }
  return counts;
}
