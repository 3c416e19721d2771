// Three incidents, each from the bell to its recovery: a domain that was removed, a site that was paused, and a stranger's
// page that uses the sitekey. What a card says must read in ten seconds: what, why, since which change, what to click.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Browser, Server, assertAccessible, assertFits, assertNoFaults, close, screenshots, signIn, signUp,
} from './harness.mjs';

const WATCHING = { SITEKEEPER_WATCH_EVERY_SECONDS: '1' };

let server;
let browser;
let report;
const sites = {};

/** So many events of one kind, `ago` minutes before now. */
const events = (site, ago, code, host, count) => ({
  time: Date.now() - ago * 60_000, sitekey: site.sitekey, code, referer: `https://${host}/cart`, source: 'edge-1', count,
});

/** The last minutes as they usually are; `ahead` minutes later. */
const now = (site, minutes, ahead = 0) => Array.from({ length: minutes }, (_, at) => events(site, at - ahead, 'ok', 'www.any.example', 10));

/** A burst over the last closed minutes, each event by itself, so that samples are kept. */
const burst = (site, code, host) => report([1, 2].flatMap((ago) => Array.from(
  { length: 80 },
  (_, at) => ({ ...events(site, ago, code, host, 1), client: `visitor-${at}`, trace: `${code}-${ago}-${at}` }),
)));

before(async () => {
  [server, browser] = await Promise.all([Server.start(WATCHING), Browser.start()]);
  const page = await browser.open(server);
  await signUp(page, server);
  await close(page);
  const api = server.api('events:write');
  report = (batch) => api('POST', '/v1/events', batch);
  for (const name of ['shop', 'docs', 'bank']) {
    sites[name] = server.createSite(`${name}.example`, `${name}.example`, `www.${name}.example`);
    const usual = Array.from({ length: 72 }, (_, hour) => [
      events(sites[name], (hour + 1) * 60, 'ok', `${name}.example`, 300),
      events(sites[name], (hour + 1) * 60, 'ok', `www.${name}.example`, 300),
      events(sites[name], (hour + 1) * 60, 'referer_denied', 'stranger.example', 2),
    ]);
    await report(usual.flat());
    await report(now(sites[name], 60));
  }
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

/** From any page over the bell to the incident of this site. */
async function follow(page, site) {
  await page.getByRole('link', { name: /incidents? waits?$/ }).click();
  await page.waitForURL('**/incidents');
  const link = page.getByRole('link', { name: new RegExp(` on ${site}\\.example$`) });
  for (let tries = 0; await link.count() === 0 && tries < 90; tries += 1) {
    await page.waitForTimeout(1_000);
    await page.reload();
  }
  await link.click();
  await page.waitForURL('**/incidents/*');
}

const card = (page) => page.locator('.panel.incident');

async function looksWell(page, name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await assertAccessible(page);
  }
  await screenshots(page, name);
  await page.setViewportSize({ width: 390, height: 844 });
  await assertFits(page);
  await assertAccessible(page);
  await page.setViewportSize({ width: 1440, height: 900 });
}

test('the bell rings on an open page, without a reload', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await page.waitForLoadState('networkidle');
  assert.equal(await page.getByRole('link', { name: 'No incident waits' }).count(), 1);
  await page.goto(`/sites/${sites.shop.id}/domains`);
  const row = page.locator('tr, li').filter({ hasText: 'www.shop.example' }).first();
  await row.getByRole('link', { name: /Remove/ }).click();
  await page.getByRole('button', { name: /Remove/ }).click();
  await page.waitForURL('**/domains*');
  await page.waitForLoadState('networkidle');
  await burst(sites.shop, 'referer_denied', 'www.shop.example');
  await page.getByRole('link', { name: '1 incident waits' }).waitFor({ timeout: 60_000 });
  await close(page);
});

test('a removed domain: from the bell to the domain that is put back', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await follow(page, 'shop');
  const text = await card(page).innerText();
  assert.match(text, /of the excess is host www\.shop\.example/);
  assert.match(text, /Removed domain www\.shop\.example \(audit #\d+\)/);
  assert.match(text, /would have let 100\s%\sof the last 160 denied requests through/);
  await looksWell(page, 'incident-domain');
  await card(page).getByRole('button', { name: 'Put www.shop.example back' }).click();
  await page.getByText('Undo').first().waitFor();
  for (let tries = 0; tries < 30 && !/A fix was made/.test(await card(page).innerText()); tries += 1) {
    await page.waitForTimeout(1_000);
    await page.reload();
  }
  assert.match(await card(page).innerText(), /A fix was made\. It closes by itself/);
  assert.match(await card(page).innerText(), /Now at [\d.]+\s% of its peak/);
  assertNoFaults(page);
  await close(page);
});

test('a paused site, without JavaScript: from the list to the site that is started', async () => {
  const api = server.api('sites:write');
  await api('POST', `/v1/sites/${sites.docs.id}/pause`, { reason: 'moving house' });
  await burst(sites.docs, 'site_paused', 'www.docs.example');
  const page = await browser.open(server, { javaScript: false });
  await signIn(page);
  await follow(page, 'docs');
  assert.match(await card(page).innerText(), /Paused site/);
  await card(page).getByRole('link', { name: 'Start the site…' }).click();
  await page.getByRole('button', { name: /^Start / }).click();
  await page.waitForURL('**/incidents/*');
  await close(page);
});

test('a stranger with the sitekey is told as one, and never offered to be allowed', async () => {
  await burst(sites.bank, 'referer_denied', 'casino-777.example');
  const page = await browser.open(server);
  await signIn(page);
  await follow(page, 'bank');
  assert.match(await card(page).innerText(), /Looks like key theft: do not allow\./);
  assert.equal(await page.getByRole('link', { name: /^Allow/ }).count(), 0);
  assert.equal(await page.getByRole('button', { name: /^Allow/ }).count(), 0);
  await looksWell(page, 'incident-theft');
  await card(page).getByRole('button', { name: 'Acknowledge' }).click();
  await card(page).getByText('Acknowledged by').waitFor();
  await page.getByLabel('Note').fill('Wrote to their abuse desk.');
  await page.getByRole('button', { name: 'Add note' }).click();
  await page.getByText('Wrote to their abuse desk.').waitFor();
  const incident = new URL(page.url()).pathname;
  await page.goto(`/sites/${sites.bank.id}`);
  const here = page.locator('section', { has: page.locator('#incidents-now') });
  await here.getByRole('link', { name: / on bank\.example$/ }).waitFor();
  await looksWell(page, 'incident-of-site');
  await here.getByRole('link', { name: / on bank\.example$/ }).click();
  await page.waitForURL(`**${incident}`);
  await close(page);
});

test('twenty minutes later all three are over', async () => {
  await server.restart({ SITEKEEPER_CLOCK_AHEAD_SECONDS: '1200' });
  for (const site of Object.values(sites)) await report(now(site, 20, 20));
  const page = await browser.open(server);
  await signIn(page);
  await page.goto('/incidents');
  const over = page.locator('section', { has: page.locator('#over') }).locator('li');
  for (let tries = 0; tries < 60 && await over.count() < 3; tries += 1) {
    await page.waitForTimeout(1_000);
    await page.reload();
  }
  assert.equal(await over.count(), 3);
  await looksWell(page, 'incidents-over');
  await page.getByRole('link', { name: / on shop\.example$/ }).click();
  await page.locator('.timeline').getByText('As usual again').waitFor();
  assert.match(await card(page).innerText(), /As usual again (\d+\sminutes? after|within a minute of) the fix\./);
  assert.match(await card(page).innerText(), /A fix was made, and it helped/);
  await looksWell(page, 'incident-over');
  await close(page);
});
