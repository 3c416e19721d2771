// The live tail: samples come by themselves, a pause holds them back and loses none, and without JavaScript the page
// shows the newest and how to look again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  Browser, Server, assertAccessible, assertFits, assertNoFaults, close, hydrated, screenshots, signIn, signUp,
} from './harness.mjs';

let server;
let browser;
let report;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  const page = await browser.open(server);
  await signUp(page, server);
  await close(page);
  const site = server.createSite('Shop', 'shop.example');
  const api = server.api('events:write');
  report = (trace, count = 1, more = {}) => api('POST', '/v1/events', Array.from({ length: count }, (_, at) => ({
    code: `${trace}_${Math.floor(at / 5)}`, sitekey: site.sitekey, trace: `${trace}-${at}`, source: 'edge-1',
    referer: `https://www.shop.example/${trace}`, client: 'visitor-7', ...more,
  })));
  await report('first', 3);
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

const rows = (page) => page.locator('#live-rows tr');
const shown = (page, trace) => page.locator('#live-rows').getByText(trace, { exact: true });

test('samples come by themselves, accessibly, and a pause loses none', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await page.goto('/errors/live');
  await shown(page, 'first-2').waitFor();
  const pause = page.getByRole('button', { name: 'Pause' });
  await hydrated(page);
  await report('second', 2);
  await shown(page, 'second-1').waitFor();
  assert.match(await rows(page).first().innerText(), /second-1/, 'the newest is on top');
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await assertAccessible(page);
  }
  assert.equal(await page.locator('[role=status]').filter({ hasText: 'new row' }).count(), 1, 'a screen reader is told');

  await pause.click();
  const on = page.getByRole('button', { name: 'Go on' });
  await on.waitFor();
  await report('third', 13);
  await page.waitForTimeout(2_500);
  assert.equal(await shown(page, 'third-12').count(), 0, 'nothing comes while it is paused');
  await on.click();
  await shown(page, 'third-12').waitFor();
  await page.locator('#live-rows').getByText('and 3 more').waitFor();
  await screenshots(page, 'errors-live-rows');
  await page.setViewportSize({ width: 390, height: 844 });
  await assertFits(page);
  await assertAccessible(page);
  await close(page);
});

test('what is filtered stays filtered as it comes', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await page.goto('/errors/live');
  await page.getByLabel('Source').fill('edge-2');
  await page.getByRole('button', { name: 'Filter' }).click();
  await page.waitForURL(/source=edge-2/);
  assert.equal(await rows(page).count(), 0);
  await hydrated(page);
  await report('fourth', 1);
  await report('fifth', 1, { source: 'edge-2' });
  await shown(page, 'fifth-0').waitFor();
  assert.equal(await rows(page).count(), 1);
  await page.getByRole('link', { name: 'Clear' }).click();
  await shown(page, 'fourth-0').waitFor();
  await close(page);
});

test('without JavaScript it shows the newest and leads to newer', async () => {
  const page = await browser.open(server, { javaScript: false });
  await signIn(page);
  await page.goto('/errors/live?source=edge-1');
  assert.ok(await rows(page).count() >= 3);
  assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0, 'there is nothing to pause');
  await report('sixth', 1);
  await page.getByRole('link', { name: 'Refresh' }).click();
  await shown(page, 'sixth-0').waitFor();
  assert.match(page.url(), /source=edge-1/);
  assertNoFaults(page);
  await close(page);
});
