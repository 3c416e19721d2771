// What the browser tests share: the released program with its embedded PostgreSQL, a real Chromium, and the checks that
// every page must pass: nothing on the console, no failed request, no accessibility violation.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RESULTS = fileURLToPath(new URL('results/', import.meta.url));
const BINARY = process.env.SITEKEEPER_BIN ?? join(ROOT, 'target/release/sitekeeper');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The first administrator, as `signUp` makes them. */
export const ADMIN = { email: 'ada@example.com', password: 'correct horse battery staple' };

/** The program on a free port, with a data directory of its own. */
export class Server {
  #child;
  #data;
  #environment;
  #printed = '';
  #logged = '';

  /** Starts it, with these environment variables, and waits until it has said that it is ready. */
  static async start(settings = {}) {
    assert.ok(existsSync(BINARY), `${BINARY} is missing: run \`make build\``);
    const server = new Server();
    server.#data = mkdtempSync(join(tmpdir(), 'sitekeeper-e2e-'));
    const port = await freePort();
    server.base = `http://127.0.0.1:${port}`;
    const { DATABASE_URL: _, ...inherited } = process.env;
    server.#environment = {
      ...inherited,
      SITEKEEPER_DATA_DIR: server.#data,
      SITEKEEPER_LISTEN: `127.0.0.1:${port}`,
      ...settings,
    };
    await server.#serve();
    return server;
  }

  async #serve() {
    this.#printed = '';
    this.#child = spawn(BINARY, ['serve'], { env: this.#environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout.on('data', (text) => { this.#printed += text; });
    this.#child.stderr.on('data', (text) => { this.#logged += text; });
    await this.#ready();
  }

  /** Stops it and starts it again on the same data, with these environment variables besides. */
  async restart(settings) {
    await this.#end();
    this.#environment = { ...this.#environment, ...settings };
    await this.#serve();
  }

  async #ready() {
    const deadline = Date.now() + 90_000;
    while (!/Sitekeeper is ready/.test(this.#printed)) {
      assert.equal(this.#child.exitCode, null, `serve ended:\n${this.log}`);
      assert.ok(Date.now() < deadline, `serve is not ready:\n${this.log}`);
      await sleep(50);
    }
    while (!(await fetch(`${this.base}/readyz`).then((response) => response.ok, () => false))) {
      assert.ok(Date.now() < deadline, `serve does not answer:\n${this.log}`);
      await sleep(50);
    }
  }

  /** What it printed and logged. */
  get log() {
    return this.#printed + this.#logged;
  }

  /** The one-time link to the set-up page that it printed. */
  get setupLink() {
    const link = /\S+\/setup\?token=\S+/.exec(this.#printed)?.[0];
    assert.ok(link, `no set-up link was printed:\n${this.log}`);
    return link;
  }

  /** Runs another command beside it and answers what it printed. */
  run(args, input = '') {
    return execFileSync(BINARY, args, {
      env: { ...this.#environment, SITEKEEPER_BASE_URL: this.base },
      input,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  }

  /** Makes a site: `{ id, sitekey, secret }`. */
  createSite(name, ...domains) {
    const args = domains.flatMap((domain) => ['--domain', domain]);
    return JSON.parse(this.run(['site', 'create', '--name', name, ...args, '--json']));
  }

  /** Makes an administrator on the command line. */
  createAdmin({ email, password } = ADMIN) {
    this.run(['admin', 'create', '--email', email, '--password-stdin'], password);
  }

  /** A client of the machine API: `await api('POST', '/v1/check', { … })` answers the JSON. */
  api(...scopes) {
    const args = ['token', 'create', '--name', 'e2e', '--scope', scopes.join(',')];
    const token = this.run(args).trim();
    return async (method, path, body) => {
      const response = await fetch(this.base + path, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
      return JSON.parse(text);
    };
  }

  async #end() {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    await ended;
  }

  /** Stops it, and its PostgreSQL with it. */
  async stop() {
    await this.#end();
    rmSync(this.#data, { recursive: true, force: true });
  }
}

/** A Chromium, and the pages opened in it. */
export class Browser {
  #chromium;

  static async start() {
    const browser = new Browser();
    browser.#chromium = await chromium.launch({
      executablePath: executable(),
      args: [
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
      ],
    });
    return browser;
  }

  /**
   * A page with cookies of its own, of `server`. Options: `javaScript` (true), `scheme` ('light'), `width` (1440),
   * `permissions` ([]). Its `faults` collect what no page may do; `close` fails if there are any.
   */
  async open(server, { javaScript = true, scheme = 'light', width = 1440, permissions = [] } = {}) {
    const context = await this.#chromium.newContext({
      baseURL: server.base,
      javaScriptEnabled: javaScript,
      colorScheme: scheme,
      viewport: { width, height: 900 },
      reducedMotion: 'reduce',
      permissions,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.faults = [];
    page.on('console', (message) => {
      // A busy machine takes a few seconds to begin with what it has loaded already.
      const late = /was preloaded using link preload but not used within a few seconds/.test(message.text());
      if (!late && ['error', 'warning'].includes(message.type())) {
        page.faults.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on('pageerror', (error) => page.faults.push(`uncaught: ${error.stack || error}`));
    page.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText;
      // A page that is left gives up on what it was still loading; one without JavaScript refuses to preload it.
      const expected = reason === 'net::ERR_ABORTED' || (!javaScript && reason === 'csp');
      if (!expected) page.faults.push(`failed: ${request.url()} ${reason}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) page.faults.push(`${response.status()}: ${response.url()}`);
    });
    return page;
  }

  async stop() {
    await this.#chromium.close();
  }
}

/** Fails if the page did what no page may do, and forgets it. */
export function assertNoFaults(page) {
  assert.deepEqual(page.faults.splice(0), []);
}

/** Closes a page; fails if it did what no page may do. */
export async function close(page) {
  await page.context().close();
  assertNoFaults(page);
}

/** Waits until the islands of the page work; at once without JavaScript. */
export async function hydrated(page) {
  // A page that follows events never comes to rest: there, its island says when it works.
  const follows = page.locator('[data-follows]');
  if (await follows.count()) return page.locator('[data-follows=true]').waitFor();
  await page.waitForLoadState('networkidle');
}

/** Makes the first administrator through the set-up link and ends signed in, on the overview. */
export async function signUp(page, server, { email, password } = ADMIN) {
  await page.goto(server.setupLink);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.locator('form[action*="set_up"] button').click();
  await page.waitForURL((url) => url.pathname === '/');
}

/** Signs in as an administrator that exists. */
export async function signIn(page, { email, password } = ADMIN) {
  await page.goto('/login');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.locator('form[action*="sign_in"] button').click();
  await page.waitForURL((url) => url.pathname === '/');
}

/** Fails on any violation of WCAG 2.2 A or AA that axe finds. Needs JavaScript. */
export async function assertAccessible(page) {
  // Evaluated by the debugger, so the page's own policy does not stand in the way.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const told = violations.map(({ id, help, nodes }) =>
    `${id}: ${help}\n${nodes.map(({ target, html }) => `    ${target}: ${html}`).join('\n')}`);
  assert.ok(told.length === 0, `${page.url()}:\n${told.join('\n')}`);
}

/** Fails if the page is wider than its window. */
export async function assertFits(page) {
  const [content, window] = await page.evaluate(
    () => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
  assert.ok(content <= window, `${page.url()} is ${content} px wide in a window of ${window} px`);
}

/** Keeps pictures of the page in tests/e2e/results/: light and dark, 1440 and 390 px wide. */
export async function screenshots(page, name) {
  mkdirSync(RESULTS, { recursive: true });
  for (const width of [1440, 390]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.screenshot({ path: join(RESULTS, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
}

function executable() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const directories = process.env.PATH.split(':');
  const found = ['chromium', 'chromium-browser', 'google-chrome']
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find((path) => existsSync(path));
  assert.ok(found, 'no Chromium: install it, or set CHROMIUM to its path');
  return found;
}

function freePort() {
  return new Promise((resolve, reject) => {
    const listener = createServer();
    listener.once('error', reject);
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}
