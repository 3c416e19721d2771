// From the printed link to the console, and back in again.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  ADMIN, Browser, Server, assertAccessible, assertFits, assertNoFaults, close, screenshots, signIn, signUp,
} from './harness.mjs';

let server;
let browser;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

test('the set-up link makes the first administrator, once', async () => {
  const page = await browser.open(server);
  await page.goto(server.setupLink);
  await assertAccessible(page);
  await assertFits(page);
  await screenshots(page, 'setup');
  await signUp(page, server);
  await assertAccessible(page);
  await close(page);

  const other = await browser.open(server);
  await other.goto(server.setupLink);
  assert.equal(await other.locator('form[action*="set_up"]').count(), 0);
  await close(other);
});

for (const javaScript of [true, false]) {
  test(`signing in ${javaScript ? 'with' : 'without'} JavaScript`, async () => {
    const page = await browser.open(server, { javaScript });
    await page.goto('/');
    assert.equal(new URL(page.url()).pathname, '/login');
    assertNoFaults(page);
    await page.getByLabel('Email').fill(ADMIN.email);
    await page.getByLabel('Password').fill('not the password');
    await page.locator('form[action*="sign_in"] button').click();
    await page.waitForURL((url) => url.pathname === '/login');
    assert.equal(await page.getByLabel('Email').inputValue(), ADMIN.email);
    await signIn(page);
    await close(page);
  });
}

test('the sign-in page is accessible, and fits a phone', async () => {
  const page = await browser.open(server, { width: 390 });
  await page.goto('/login');
  await assertAccessible(page);
  await assertFits(page);
  await screenshots(page, 'login');
  await close(page);
});
