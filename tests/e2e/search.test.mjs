// The palette over every page, and the search page that needs no script.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Browser, Server, assertAccessible, assertFits, assertNoFaults, close, hydrated, screenshots, signIn } from './harness.mjs';

let server;
let browser;
let site;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  server.createAdmin();
  site = server.createSite('Harbour Books', 'books.example', 'reading.example');
  server.createSite('Harbour Hotel', 'hotel.example');
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

test('the palette finds a site while one types, and opens it by the keyboard', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await hydrated(page);
  await page.keyboard.press('Control+k');
  const dialog = page.getByRole('dialog', { name: 'Search' });
  await dialog.getByRole('option', { name: /Overview/ }).waitFor();
  await page.keyboard.type('harbour');
  const options = dialog.getByRole('option').filter({ hasText: 'Harbour' });
  await options.nth(1).waitFor();
  assert.equal(await options.nth(0).getAttribute('aria-selected'), 'true');
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await assertAccessible(page);
  }
  await screenshots(page, 'palette');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => /^\/sites\/\d+$/.test(url.pathname));
  assert.match(await page.locator('h1').innerText(), /Harbour Hotel/);
  assertNoFaults(page);
  await close(page);
});

test('the palette finds by domain, sitekey, host and code', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await hydrated(page);
  for (const [typed, found] of [
    ['reading.exa', /Harbour Books/], [site.sitekey, /Sitekey\s*Harbour Books/],
    ['books.example', /let through by books\.example on Harbour Books/], ['payload', /Code\s*payload_used/],
  ]) {
    await page.keyboard.press('/');
    const dialog = page.getByRole('dialog', { name: 'Search' });
    await dialog.getByRole('combobox').fill(typed);
    await dialog.getByRole('option', { name: found }).first().waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  }
  await close(page);
});

test('the palette keeps a secret in the browser', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await hydrated(page);
  const sent = [];
  page.on('request', (request) => sent.push(request.url() + (request.postData() ?? '')));
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(site.secret);
  await page.getByRole('option', { name: /Which key is this/ }).waitFor();
  assert.ok(sent.every((text) => !text.includes(site.secret)), 'the secret left the browser');
  await close(page);
});

test('keys go to pages and through the rows of a table', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await hydrated(page);
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await keys.getByRole('button', { name: 'Close' }).click();
  // What is pressed in a dialog is the dialog's.
  await keys.waitFor({ state: 'hidden' });
  const onSites = (url) => url.pathname === '/sites';
  // The second key counts for 1.2 s, which a busy machine may well take.
  for (let tries = 0; tries < 4 && !onSites(new URL(page.url())); tries += 1) {
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.waitForURL(onSites, { timeout: 4_000 }).catch(() => {});
  }
  await page.waitForURL(onSites);
  await hydrated(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.match(await page.evaluate(() => document.activeElement.closest('tr')?.innerText ?? ''), /Harbour Hotel/);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => /^\/sites\/\d+$/.test(url.pathname));
  await close(page);
});

test('a menu closes on Escape and when something beside it is clicked', async () => {
  const page = await browser.open(server);
  await signIn(page);
  await page.goto('/sites');
  await hydrated(page);
  const menu = page.locator('details.account');
  const summary = menu.locator('summary');
  await summary.click();
  assert.equal(await menu.getAttribute('open'), '');
  await page.keyboard.press('Escape');
  assert.equal(await menu.getAttribute('open'), null);
  assert.ok(await summary.evaluate((element) => element === document.activeElement), 'the focus is back');
  await summary.click();
  await menu.locator('.menu-body').click({ position: { x: 2, y: 2 } });
  assert.equal(await menu.getAttribute('open'), '', 'what is in it leaves it open');
  await page.getByRole('heading', { level: 1 }).click();
  assert.equal(await menu.getAttribute('open'), null);
  await close(page);
});

test('the search page does the same without JavaScript', async () => {
  const page = await browser.open(server, { javaScript: false });
  await signIn(page);
  await page.getByRole('link', { name: /^Search/ }).click();
  await page.getByRole('searchbox', { name: 'Search for' }).fill('hotel.exa');
  await page.getByRole('button', { name: 'Search' }).click();
  const found = page.getByRole('region', { name: 'Found' });
  await found.getByRole('link', { name: /Harbour Hotel/ }).click();
  await page.waitForURL((url) => /^\/sites\/\d+$/.test(url.pathname));
  await page.goto('/search?q=%3Cscript%3Ealert(1)%3C/script%3E');
  await page.getByText('Nothing found').waitFor();
  await close(page);
});

test('the search page fits a phone', async () => {
  const page = await browser.open(server, { width: 390 });
  await signIn(page);
  await page.goto('/search?q=harbour');
  await hydrated(page);
  await assertFits(page);
  await assertAccessible(page);
  await close(page);
});
