// Every page there is, on the sample data: nothing goes wrong on it, it is accessible, it fits a phone, and it is there
// without JavaScript. The routes are read from the source, so a new page is looked at without being listed here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  Browser, Server, assertAccessible, assertFits, assertNoFaults, close, hydrated, screenshots, signIn, signUp,
} from './harness.mjs';

const SOURCE = readFileSync(new URL('../../app/src/app.rs', import.meta.url), 'utf8');
const ROUTES = [...SOURCE.matchAll(/path!\("([^"]*)"\)/g)].map(([, route]) => route);
/** One code for each kind of fix, and one that is not in the catalogue. */
const CODES = [
  'referer_denied', 'site_paused', 'site_deleted', 'no_sitekey', 'sitekey_invalid', 'payload_used', 'verify_limit',
  'runtime_err', 'of-no-catalogue',
];
/** Where a route that needs more than a path is linked from, and what the link holds. */
const LINKED = {
  '/sites/:id/domains/change': ['domains', '/domains/change?'],
  '/sites/:id/domains/remove': ['domains', '/domains/remove?'],
  '/sites/:id/keys/rotate': ['keys', '/keys/rotate'],
  '/sites/:id/keys/revoke': ['keys', '/keys/revoke?'],
  '/sites/:id/keys/label': ['keys', '/keys/label?'],
  '/sites/:id/keys/rotation': ['keys', '/keys/rotation?'],
  '/sites/:id/keys/grace': ['keys', '/keys/grace?'],
  '/sites/:id/keys/undo': ['keys', '/keys/undo?'],
};

let server;
let browser;
let site;
let rule;
let pages;

before(async () => {
  [server, browser] = await Promise.all([Server.start({ SITEKEEPER_WATCH_EVERY_SECONDS: '1' }), Browser.start()]);
  const page = await browser.open(server);
  await signUp(page, server);
  await hydrated(page);
  await assertAccessible(page);
  await assertFits(page);
  await screenshots(page, 'welcome');
  await page.getByRole('button', { name: 'Load sample data' }).click({ timeout: 60_000 });
  await page.getByText('Loaded sample sites').waitFor({ timeout: 60_000 });
  await page.goto('/sites');
  // The first in the list that is active: its pages have the most on them.
  const row = page.locator('tbody tr').filter({ has: page.locator('.badge.active') }).first();
  site = await row.locator('a[href^="/sites/"]').first().getAttribute('href');
  // A key can be revoked while there is another.
  await server.api('sites:write')('POST', `/v1${site}/sitekeys/rotate`, { grace_days: 7 });
  // A rule with a secret to copy, a failed test in its log, and a maintenance that goes on.
  await page.goto('/settings/alerts');
  await page.getByLabel('Name').fill('On call');
  await page.getByLabel('Address').fill('https://hooks.invalid/alerts/team-1');
  await page.getByRole('button', { name: 'Create rule' }).click();
  await page.getByText('Copy the signing secret now').waitFor();
  await assertAccessible(page);
  await assertFits(page);
  await screenshots(page, 'settings-alerts-made');
  rule = new URL(page.url()).pathname;
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText('The test did not arrive').waitFor({ timeout: 30_000 });
  await page.goto('/settings/maintenance');
  await page.getByLabel('Name').fill('Move to Frankfurt');
  await page.getByLabel('To', { exact: true }).fill(new Date(Date.now() + 3_600_000).toISOString().slice(0, 16));
  await page.getByRole('button', { name: 'Plan maintenance' }).click();
  await page.getByText('Nobody is told', { exact: true }).waitFor();
  pages = [];
  for (const route of ROUTES) pages.push(...await addresses(page, route));
  await close(page);
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

test('the routes were found in the source', () => {
  for (const route of ['/', '/login', '/sites/:id', '/errors/:code', '/audit']) assert.ok(ROUTES.includes(route), route);
  assert.ok(ROUTES.length >= 21, `${ROUTES.length} routes`);
});

test('every page is accessible, fits, and does nothing wrong', async (t) => {
  const page = await browser.open(server);
  await signIn(page);
  for (const { name, path } of pages) {
    await t.test(path, async () => {
      await page.goto(path);
      await hydrated(page);
      await isThere(page);
      for (const scheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await assertAccessible(page);
      }
      await page.setViewportSize({ width: 390, height: 844 });
      await assertFits(page);
      await assertAccessible(page);
      await screenshots(page, name);
      await assertFits(page);
      assertNoFaults(page);
    });
  }
  await close(page);
});

test('every page is there without JavaScript', async (t) => {
  const page = await browser.open(server, { javaScript: false });
  await signIn(page);
  for (const { path } of pages) {
    await t.test(path, async () => {
      await page.goto(path);
      await isThere(page);
      assertNoFaults(page);
    });
  }
  await close(page);
});

test('what is not there says so, accessibly', async () => {
  const page = await browser.open(server);
  await signIn(page);
  for (const [path, status] of [['/nowhere', 404], ['/sites/999999', 404], ['/sites/one', 404], ['/errors/%00', 400]]) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), status, path);
    await assertAccessible(page);
    await assertFits(page);
    assert.equal(await page.locator('h1').count(), 1, path);
  }
  await screenshots(page, 'not-found');
  // The refusals themselves, and what the browser says of them.
  page.faults = page.faults.filter((fault) => !/40[04]/.test(fault));
  await close(page);
});

/** A page that was answered has one heading, and is not one of those that stand in its place. */
async function isThere(page) {
  const headings = await page.locator('h1').allInnerTexts();
  assert.equal(headings.length, 1, headings.join(', '));
  assert.notEqual(headings[0].trim(), '');
  assert.equal(await page.locator('.state.failed').count(), 0, `${page.url()} failed in part`);
  assert.match(await page.title(), /Sitekeeper/);
}

/** The addresses to open for a route: `{ name, path }`. */
/** An incident: a stranger's page uses the site's sitekey. */
async function incident(page) {
  const keys = await server.api('sites:read')('GET', `/v1${site}/sitekeys`);
  const { sitekey } = keys.sitekeys.find((key) => key.state === 'active');
  const burst = [1, 2, 3, 4].flatMap((ago) => Array.from({ length: 90 }, () => ({
    time: Date.now() - ago * 60_000, sitekey, code: 'referer_denied', referer: 'https://casino-777.example/', source: 'edge-1',
  })));
  await server.api('events:write')('POST', '/v1/events', burst);
  await page.goto('/incidents');
  const link = page.locator('section', { has: page.locator('#open') }).locator('a[href^="/incidents/"]').first();
  for (let tries = 0; await link.count() === 0 && tries < 90; tries += 1) {
    await page.waitForTimeout(1_000);
    await page.reload();
  }
  return link.getAttribute('href');
}

async function addresses(page, route) {
  const name = route.slice(1).replaceAll('/', '-').replaceAll(':', '') || 'overview';
  if (route === '/errors/:code') return CODES.map((code) => ({ name: `errors-${code}`, path: `/errors/${code}?range=30d` }));
  if (route === '/sites/:id/state') return ['pause', 'delete', 'start'].map((to) => ({ name: `${name}-${to}`, path: `${site}/state?to=${to}` }));
  if (route === '/settings/alerts') return ['webhook', 'slack', 'email'].map((kind) => ({ name: `${name}-${kind}`, path: `${route}?kind=${kind}` }));
  if (route === '/settings/alerts/:rule') return ['', '?ask=secret', '?ask=delete'].map((ask) => ({ name: `${name}${ask.replace('?ask=', '-')}`, path: `${rule}${ask}` }));
  if (route === '/sites/bulk') return ['pause', 'delete', 'add_tag'].map((change) => ({ name: `${name}-${change}`, path: `/sites/bulk?change=${change}&all=1` }));
  if (route === '/sites/:id/domains/allow') return ['exact', 'subdomains'].map((scope) => ({ name: `${name}-${scope}`, path: `${site}/domains/allow?host=new.example.net&scope=${scope}` }));
  if (route.startsWith('/audit/:entry')) {
    await page.goto('/audit?action=domain.added');
    const entry = await page.locator('tbody th a[href^="/audit/"]').first().getAttribute('href');
    return [{ name, path: route.replace('/audit/:entry', entry) }];
  }
  if (route === '/incidents/:id') return [{ name, path: await incident(page) }];
  if (LINKED[route]) {
    const [tab, part] = LINKED[route];
    await page.goto(`${site}/${tab}`);
    const link = page.locator(`a[href*="${part}"]`).first();
    assert.ok(await link.count(), `${site}/${tab} links to no ${part}`);
    return [{ name, path: await link.getAttribute('href') }];
  }
  const path = route.replace(':id', site.split('/')[2]);
  assert.ok(!path.includes(':'), `say in this file what ${route} needs`);
  return [{ name, path: ['/', '/errors', '/verifiers', '/sites/:id'].includes(route) ? `${path}?range=7d` : path }];
}
