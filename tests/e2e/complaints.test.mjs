// What operators of other CAPTCHA services complain about, each with the steps that work here.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ADMIN, Browser, Server, assertAccessible, close, hydrated, signIn } from './harness.mjs';

let server;
let browser;
let check;
let report;

before(async () => {
  [server, browser] = await Promise.all([Server.start(), Browser.start()]);
  server.createAdmin();
  check = (sitekey, referer) => server.api('check')('POST', '/v1/check', { sitekey, referer });
  report = server.api('events:write');
});

after(async () => {
  await browser?.stop();
  await server?.stop();
});

/** A page of an operator who has signed in. */
async function operator(options) {
  const page = await browser.open(server, options);
  await signIn(page);
  return page;
}

const flash = (page) => page.locator('.flash.ok');

test('“Nobody tells which hostname was rejected”: the inbox does, with why, and allows it', async () => {
  const { id, sitekey } = server.createSite('Rejected', 'rejected.example');
  const denied = (host, count) => ({ sitekey, code: 'referer_denied', referer: `https://${host}/cart`, count });
  await report('POST', '/v1/events', [denied('www.rejected.example', 41), denied('elsewhere.example', 2)]);
  const page = await operator();
  await page.goto(`/errors/hosts?site=${id}`);
  const row = page.getByRole('row').filter({ hasText: 'www.rejected.example' }).first();
  assert.match(await row.innerText(), /41/);
  assert.match(await row.innerText(), /rejected\.example/);
  await row.locator('summary').click();
  await row.getByRole('link', { name: 'This host only…' }).click();
  await page.getByRole('button', { name: 'Allow www.rejected.example' }).click();
  await flash(page).waitFor();
  assert.equal((await check(sitekey, 'https://www.rejected.example/')).decision, 'allow');
  await close(page);
});

test('“A rule over-matches and no one can say why”: the gate explains itself', async () => {
  const { id, sitekey } = server.createSite('Explained', 'explained.example');
  const page = await operator();
  await page.goto(`/sites/${id}/domains`);
  await hydrated(page);
  const field = page.getByRole('region', { name: 'Test an address' }).getByRole('textbox');
  await field.fill('https://www.explained.example/');
  const verdict = page.getByRole('region', { name: 'Test an address' }).locator('.verdict');
  await verdict.filter({ hasText: 'exact' }).waitFor();
  await field.fill('https://explained.example:8443/pay');
  await verdict.filter({ hasText: /Allowed/ }).waitFor();
  const { explain } = await check(sitekey, 'https://notexplained.example/');
  assert.match(explain, /explained\.example/);
  await close(page);
});

test('“localhost and preview deployments need hacks”: both are entries, marked as what they are', async () => {
  const { id, sitekey } = server.createSite('Previews', 'previews.example');
  const page = await operator();
  await page.goto(`/sites/${id}/domains`);
  await hydrated(page);
  await page.getByLabel('Domains', { exact: true }).fill('localhost:3000\nmyapp-*-acme.vercel.app');
  await page.getByRole('button', { name: /^Add/ }).first().click();
  await flash(page).waitFor();
  const list = page.getByRole('region', { name: 'Associated domains' });
  assert.match(await list.getByRole('row').filter({ hasText: 'localhost:3000' }).innerText(), /testing/);
  for (const [referer, decision] of [
    ['http://localhost:3000/', 'allow'], ['http://localhost:4000/', 'deny'],
    ['https://myapp-7f3a-acme.vercel.app/', 'allow'], ['https://other-7f3a-acme.vercel.app/', 'deny'],
  ]) assert.equal((await check(sitekey, referer)).decision, decision, referer);
  await close(page);
});

test('“Changes take up to 30 minutes”: the gate has them before the page has answered', async () => {
  const { id, sitekey } = server.createSite('Instant', 'instant.example');
  const page = await operator();
  for (const [verb, code] of [['Pause', 'site_paused'], ['Start', undefined]]) {
    await page.goto(`/sites/${id}`);
    await page.getByRole('link', { name: `${verb}…` }).click();
    await page.getByRole('button', { name: `${verb} Instant` }).click();
    await flash(page).waitFor();
    assert.equal((await check(sitekey, 'https://instant.example/')).code, code);
  }
  await close(page);
});

test('“Rotation locks you out, or has no grace”: pick one, watch both keys, take it back', async () => {
  const { id, sitekey } = server.createSite('Rotated', 'rotated.example');
  const ask = (key) => check(key, 'https://rotated.example/');
  const page = await operator();
  await page.goto(`/sites/${id}/keys/rotate`);
  await page.getByLabel('Accept the old one for').fill('3');
  await page.getByRole('button', { name: /^Rotate sitekey/ }).click();
  await flash(page).waitFor();
  const keys = await server.api('sites:read')('GET', `/v1/sites/${id}/sitekeys`);
  const fresh = keys.sitekeys.find((key) => key.sitekey !== sitekey).sitekey;
  assert.equal((await ask(sitekey)).decision, 'allow', 'the old one, in its grace');
  assert.equal((await ask(fresh)).decision, 'allow', 'the new one');
  await report('POST', '/v1/events', [
    { sitekey, code: 'ok', count: 3, referer: 'https://rotated.example/' },
    { sitekey: fresh, code: 'ok', count: 9, referer: 'https://rotated.example/' },
  ]);
  await page.goto(`/sites/${id}/keys`);
  await page.locator('a[href*="/keys/rotation?"]').first().click();
  await page.getByRole('heading', { name: 'Rotation of the sitekey' }).waitFor();
  await page.getByText('75 %').first().waitFor();
  await page.getByText('The old key is still in use').waitFor();
  await hydrated(page);
  await assertAccessible(page);
  await page.getByRole('link', { name: 'Take the rotation back…' }).click();
  await page.getByRole('button', { name: /^Take back/ }).click();
  await flash(page).waitFor();
  assert.equal((await ask(sitekey)).decision, 'allow');
  assert.equal((await ask(fresh)).code, 'sitekey_invalid');
  await close(page);
});

test('“A key and a secret that do not belong together give an empty error”: it says which is whose', async () => {
  const [one, two] = [server.createSite('Pair one', 'one.example'), server.createSite('Pair two', 'two.example')];
  const pair = (body) => server.api('check', 'sites:read')('POST', '/v1/keypair/check', body);
  const right = await pair({ sitekey: one.sitekey, secret: one.secret });
  assert.equal(right.match, true);
  const wrong = await pair({ sitekey: one.sitekey, secret: two.secret });
  assert.equal(wrong.match, false);
  assert.match(wrong.explain, /another site|Pair two|belongs/i);
  const page = await operator();
  const sent = [];
  page.on('request', (request) => sent.push(request.url() + (request.postData() ?? '')));
  await page.goto('/keys');
  await hydrated(page);
  await page.getByLabel('Secret', { exact: true }).fill(two.secret);
  await page.getByRole('button', { name: 'Look it up' }).last().click();
  await page.getByRole('link', { name: 'Pair two' }).waitFor();
  assert.ok(sent.every((text) => !text.includes(two.secret)), 'the secret left the browser');
  const typo = one.sitekey.slice(0, 10) + (one.sitekey[10] === 'a' ? 'b' : 'a') + one.sitekey.slice(11);
  await page.goto(`/keys?q=${typo}`);
  await page.getByRole('link', { name: 'Pair one' }).waitFor();
  await close(page);
});

test('“Deleting is for ever”: a deleted site is restored, and says who still calls', async () => {
  const { id, sitekey } = server.createSite('Restored', 'restored.example');
  const page = await operator();
  await page.goto(`/sites/${id}/state?to=delete`);
  await page.locator('main form input:not([type="hidden"])').fill('Restored');
  await page.getByRole('button', { name: 'Delete Restored' }).click();
  await flash(page).waitFor();
  assert.equal((await check(sitekey, 'https://restored.example/')).code, 'site_deleted');
  await report('POST', '/v1/events', [
    { sitekey, code: 'site_deleted', count: 12, referer: 'https://restored.example/' },
  ]);
  await page.goto(`/sites/${id}`);
  await page.getByText('restored.example').first().waitFor();
  await page.getByRole('link', { name: 'Restore…' }).first().click();
  await page.getByRole('button', { name: 'Restore Restored' }).click();
  await flash(page).waitFor();
  assert.equal((await check(sitekey, 'https://restored.example/')).decision, 'allow');
  await close(page);
});

for (const javaScript of [true, false]) {
  test(`“Two people overwrite each other”: the second sees both versions, ${javaScript ? 'with' : 'without'} JavaScript`, async () => {
    const { id } = server.createSite('Edited', 'edited.example');
    const [one, two] = [await operator({ javaScript }), await operator({ javaScript })];
    for (const page of [one, two]) await page.goto(`/sites/${id}/settings`);
    const rename = async (page, name) => {
      const panel = page.getByRole('region', { name: 'Name' });
      await panel.getByLabel('Name').fill(name);
      await panel.getByRole('button', { name: /Rename|Save/ }).click();
    };
    await rename(one, 'Theirs');
    await flash(one).waitFor();
    await rename(two, 'Mine');
    const versions = two.getByRole('group', { name: 'Both versions' });
    await versions.waitFor();
    assert.match(await versions.innerText(), /Mine\s+Theirs/);
    const said = await two.getByRole('region', { name: 'Name' }).or(two.locator('.flash')).allInnerTexts();
    assert.ok(said.join(' ').includes(ADMIN.email), `nobody is named: ${said.join(' ')}`);
    assert.match(await one.locator('h1').innerText(), /Theirs/);
    await versions.getByRole('button', { name: 'Save mine over it' }).click();
    await flash(two).waitFor();
    assert.match(await two.locator('h1').innerText(), /Mine/);
    await close(one);
    await close(two);
  });
}

test('a pasted list gets a verdict for each line, and the good ones can be saved alone', async () => {
  const { id, sitekey } = server.createSite('Pasted', 'pasted.example');
  const page = await operator();
  await page.goto(`/sites/${id}/domains`);
  await hydrated(page);
  await page.getByLabel('Domains', { exact: true })
    .fill('https://a.pasted.example/x, b.pasted.example\nco.uk\npasted.example\nnot a host');
  const add = page.getByRole('button', { name: /Add the 2 valid/ });
  await add.waitFor();
  await add.click();
  await flash(page).waitFor();
  for (const host of ['a.pasted.example', 'b.pasted.example']) {
    assert.equal((await check(sitekey, `https://${host}/`)).decision, 'allow', host);
  }
  assert.match(await page.getByLabel('Domains', { exact: true }).inputValue(), /not a host/);
  await close(page);
});

test('many sites are paused by one form, and started again by one undo', async () => {
  const sites = ['Bulk a', 'Bulk b', 'Bulk c'].map((name) => server.createSite(name, `${name.at(-1)}.bulk.example`));
  const page = await operator();
  await page.goto('/sites?q=bulk');
  const rows = page.locator('tbody tr').filter({ hasText: 'Bulk' });
  for (let at = 0; at < 3; at += 1) await rows.nth(at).getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Continue…' }).click();
  await page.getByRole('button', { name: /^Pause/ }).click();
  await flash(page).waitFor();
  const codes = () => Promise.all(sites.map(async ({ sitekey }) => (await check(sitekey, 'https://a.bulk.example/')).code));
  assert.deepEqual(await codes(), ['site_paused', 'site_paused', 'site_paused']);
  await flash(page).getByRole('button', { name: /^Undo/ }).or(flash(page).getByRole('link', { name: /^Undo/ })).click();
  await page.getByText(/Taken back/).waitFor();
  assert.ok(!(await codes()).includes('site_paused'));
  await close(page);
});

test('what was declared in a file is applied once, and a second time changes nothing', () => {
  const file = JSON.stringify({ sites: [{ name: 'Declared', domains: ['declared.example'], tags: ['file'] }] });
  assert.match(server.run(['apply', '-f', '-', '--dry-run'], file), /Declared/);
  server.run(['apply', '-f', '-'], file);
  assert.match(server.run(['apply', '-f', '-'], file), /Nothing to change/i);
  assert.match(server.run(['export']), /Declared/);
});
