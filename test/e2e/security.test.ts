/** One test for each item of Electron's security checklist that the shell keeps (electron/shell/security.ts). */
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, shippedProgram, test } from './app.ts';

test('items 2, 3, 4: the page has no Node, and sees of the preload script the bridge alone', async ({ descry }) => {
  const seen = await descry.window.evaluate(() => ({
    node: ['require', 'process', 'module', 'Buffer', 'global', '__dirname'].filter((name) => name in globalThis),
    bridge: Object.keys(window.descry).sort(),
    frozen: Object.isFrozen(window.descry),
  }));
  expect(seen).toEqual({ node: [], bridge: ['invoke', 'on', 'pathOf'], frozen: true });
  const preferences = await descry.electron.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
      getLastWebPreferences(): Record<string, unknown>;
    };
    const { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag } = contents.getLastWebPreferences();
    return { sandbox, contextIsolation, nodeIntegration, webSecurity, webviewTag };
  });
  expect(preferences).toEqual({
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
  });
});

test('item 7: the policy refuses inline script, inline style, eval and strings as HTML', async ({ descry }) => {
  const outcome = await descry.window.evaluate(async () => {
    const attempt = (action: () => unknown) => {
      try {
        action();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    };
    const marked = () => (globalThis as { marked?: boolean }).marked === true;
    const handler = attempt(() => {
      const image = document.createElement('img');
      image.setAttribute('onerror', 'globalThis.marked = true');
      image.dispatchEvent(new Event('error'));
    });
    const script = attempt(() => {
      const element = document.createElement('script');
      element.textContent = 'globalThis.marked = true';
      document.head.append(element);
    });
    const style = document.createElement('p');
    style.setAttribute('style', 'position: fixed');
    document.body.append(style);
    const styled = getComputedStyle(style).position;
    style.remove();
    return {
      html: attempt(() => (document.createElement('p').innerHTML = '<b>x</b>')),
      // Later, for the debugger that runs this now may do what the page may not.
      code: await new Promise((resolve) =>
        setTimeout(() =>
          resolve(attempt(() => new (Object.getPrototypeOf(() => undefined).constructor)('return 1')())),
        ),
      ),
      ran: marked() ? [handler, script] : [],
      styled,
    };
  });
  expect(outcome).toEqual({ html: 'TypeError', code: expect.stringMatching(/Error$/), ran: [], styled: 'static' });
});

test('items 1, 7: nothing is loaded from elsewhere, and the policy comes as a header, too', async ({ descry }) => {
  const outcome = await descry.window.evaluate(async () => {
    const load = (address: string) =>
      new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve('loaded');
        image.onerror = () => resolve('refused');
        image.src = address;
      });
    return {
      fetched: await fetch('https://example.org/').then(
        () => 'fetched',
        () => 'refused',
      ),
      image: await load('https://example.org/image.png'),
      file: await load('file:///usr/share/pixmaps/debian-logo.png'),
      data: await load('data:image/gif;base64,R0lGODlhAQABAAAAACw='),
    };
  });
  expect(outcome).toEqual({ fetched: 'refused', image: 'refused', file: 'refused', data: 'refused' });
  const header = await descry.electron.evaluate(async ({ net }) => {
    const answer = await net.fetch('app://descry/index.html');
    return answer.headers.get('content-security-policy');
  });
  expect(header).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(header).not.toContain('unsafe');
});

test('item 1: Chromium asks neither for dictionaries nor for proxies', async ({ start }) => {
  const { electron } = await start({ environment: { http_proxy: 'http://203.0.113.1:3128' } });
  const outcome = await electron.evaluate(async ({ session }) => ({
    proxy: await session.defaultSession.resolveProxy('http://example.org/'),
    spellChecker: session.defaultSession.isSpellCheckerEnabled(),
    languages: process.platform === 'darwin' ? [] : session.defaultSession.getSpellCheckerLanguages(),
    address: await session
      .fromPartition('another')
      .fetch('http://127.0.0.1:4567/')
      .then(
        () => 'reached',
        (error: unknown) => (error as Error).message,
      ),
  }));
  expect(outcome).toEqual({ proxy: 'DIRECT', spellChecker: false, languages: [], address: expect.anything() });
  expect(outcome.address).toContain('ERR_NAME_NOT_RESOLVED');
});

test('item 5: permissions are denied', async ({ descry }) => {
  const outcome = await descry.window.evaluate(async () => {
    const name = (error: unknown) => (error as Error).name;
    return {
      notifications: await Notification.requestPermission(),
      geolocation: (await navigator.permissions.query({ name: 'geolocation' })).state,
      camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'granted', name),
      clipboard: await navigator.clipboard.readText().then(() => 'granted', name),
    };
  });
  expect(outcome.notifications).toBe('denied');
  expect(outcome.geolocation).toBe('denied');
  expect(outcome.camera).toMatch(/^Not(Allowed|Found)Error$/);
  expect(outcome.clipboard).toBe('NotAllowedError');
});

test('items 12, 13, 14: no navigation, no new window, no webview', async ({ descry }) => {
  const { window: page, electron } = descry;
  const address = page.url();
  const opened = await page.evaluate(() => window.open('https://example.org/') === null);
  expect(opened).toBe(true);
  for (const target of [
    'https://example.org/',
    'file:///etc/passwd',
    'app://descry/other.html',
    'photo://library/preview/1',
  ]) {
    await page.evaluate((url) => {
      const link = document.createElement('a');
      link.href = url;
      document.body.append(link);
      link.click();
      link.remove();
    }, target);
  }
  await page.evaluate(() => {
    const view = document.createElement('webview');
    view.setAttribute('src', 'https://example.org/');
    document.body.append(view);
    view.remove();
  });
  await page.waitForTimeout(300);
  expect(page.url()).toBe(address);
  expect(await electron.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
});

test('item 17: other senders, unknown requests and wrong arguments are refused', async ({ descry }) => {
  const outcome = await descry.window.evaluate(async () => {
    const invoke = (name: string, argument?: unknown) => window.descry.invoke(name as never, argument as never);
    const codeOf = async (answer: Promise<unknown>) => ((await answer) as { error?: { code: string } }).error?.code;
    return {
      unknown: await codeOf(invoke('app.quit')),
      inherited: await codeOf(invoke('constructor')),
      wrong: await codeOf(invoke('library.removeFolder', { id: 'one' })),
      negative: await codeOf(invoke('photo.open', { id: -1 })),
      surplus: await codeOf(invoke('app.info', { anything: true })),
      right: ((await invoke('app.info')) as { ok: boolean }).ok,
    };
  });
  expect(outcome).toEqual({
    unknown: 'usage',
    inherited: 'usage',
    wrong: 'usage',
    negative: 'usage',
    surplus: 'usage',
    right: true,
  });

  const foreign = await descry.electron.evaluate(async ({ app, BrowserWindow }) => {
    const preload = `${app.getAppPath()}/dist/preload.cjs`;
    const other = new BrowserWindow({ show: false, webPreferences: { sandbox: true, preload } });
    await other.loadURL('data:text/html,<p>elsewhere</p>');
    const answer = (await other.webContents.executeJavaScript("window.descry.invoke('app.info')")) as unknown;
    other.destroy();
    return answer;
  });
  expect(foreign).toMatchObject({ ok: false, error: { code: 'usage' } });
});

test('item 18: app:// serves the page and nothing outside it; photo:// only ids', async ({ descry }) => {
  const statuses = await descry.electron.evaluate(async ({ net }) => {
    const status = async (address: string) => (await net.fetch(address)).status;
    return {
      page: await status('app://descry/index.html'),
      above: await status('app://descry/..%2f..%2fpackage.json'),
      preload: await status('app://descry/..%2fpreload.cjs'),
      folder: await status('app://descry/'),
      otherHost: await status('app://elsewhere/index.html'),
      path: await status('photo://library/preview/%2e%2e%2fetc%2fpasswd'),
      word: await status('photo://library/thumbnail/one'),
      query: await status('photo://library/thumbnail/1?path=/etc/passwd'),
    };
  });
  expect(statuses).toEqual({
    page: 200,
    above: 404,
    preload: 404,
    folder: 404,
    otherHost: 404,
    path: 400,
    word: 400,
    query: 400,
  });
});

test('item 19: every fuse of the packaged program is set', async () => {
  const expected: Record<keyof typeof FuseV1Options, boolean> = {
    RunAsNode: false,
    EnableCookieEncryption: true,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: true,
    OnlyLoadAppFromAsar: true,
    LoadBrowserProcessSpecificV8Snapshot: false,
    GrantFileProtocolExtraPrivileges: false,
    WasmTrapHandlers: true,
  };
  const wire: Record<string, unknown> = { ...(await getCurrentFuseWire(shippedProgram)) };
  delete wire['version'];
  const states = new Map<unknown, boolean>([
    [FuseState.ENABLE, true],
    [FuseState.DISABLE, false],
  ]);
  // A fuse without a name is one that the installed @electron/fuses does not know, and nothing has set.
  const found = Object.entries(wire).map(
    ([fuse, state]) => [FuseV1Options[Number(fuse)] ?? `fuse ${fuse}`, states.get(state) ?? state] as const,
  );
  const names = found.map(([name]) => name);
  // An older Electron ends earlier, but always with the first ones.
  expect(names.length).toBeGreaterThanOrEqual(7);
  expect(names).toEqual(Object.keys(expected).slice(0, names.length));
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(expected).filter(([name]) => names.includes(name))),
  );
});

test('a sub-frame that is refused changes nothing, and opens no message', async ({ descry }) => {
  const { window: page, electron } = descry;
  await electron.evaluate(({ dialog }) => {
    const shown = globalThis as { messages?: number };
    shown.messages = 0;
    const note = () => void shown.messages!++;
    dialog.showErrorBox = note;
    dialog.showMessageBox = () => (note(), Promise.resolve({ response: 0, checkboxChecked: false }));
    dialog.showMessageBoxSync = () => (note(), 0);
  });
  // After the answer: Playwright takes the frame's own loading for that of the page.
  await page.evaluate(() => {
    document.documentElement.dataset['marked'] = 'yes';
    setTimeout(() => {
      const frame = document.createElement('iframe');
      frame.src = 'https://example.org/';
      document.body.append(frame);
    });
  });
  await page.waitForTimeout(700);
  await expect.poll(() => page.evaluate(() => document.querySelectorAll('iframe').length).catch(() => 0)).toBe(1);
  expect(await page.evaluate(() => document.documentElement.dataset['marked'])).toBe('yes');
  expect(await page.evaluate(() => window.descry.invoke('app.info'))).toMatchObject({ ok: true });
  expect(await electron.evaluate(() => (globalThis as { messages?: number }).messages)).toBe(0);
});

test('after the fourth death of the page the user is asked, and nothing is blocked', async ({ descry }) => {
  const { electron } = descry;
  const outcome = await electron.evaluate(async ({ BrowserWindow, dialog }) => {
    const { webContents } = BrowserWindow.getAllWindows()[0]!;
    let [blocking, asked] = [0, 0];
    dialog.showErrorBox = () => void blocking++;
    dialog.showMessageBoxSync = () => (blocking++, 0);
    dialog.showMessageBox = () => (asked++, Promise.resolve({ response: 0, checkboxChecked: false }));
    const details = { reason: 'crashed', exitCode: 1 };
    const loads: boolean[] = [];
    for (let death = 1; death <= 4; death++) {
      const loaded = new Promise<boolean>((resolve) => {
        webContents.once('did-finish-load', () => resolve(true));
        setTimeout(() => resolve(false), 5000);
      });
      webContents.emit('render-process-gone', {}, details);
      loads.push(await loaded);
    }
    return { blocking, asked, loads };
  });
  // the question was answered by "load it again"
  expect(outcome).toEqual({ blocking: 0, asked: 1, loads: [true, true, true, true] });
});

for (const [how, leave] of [
  ['about:blank', "location.href = 'about:blank'"],
  ['another address of its scheme', "history.pushState(null, '', '/other.html')"],
] as const) {
  test(`a page that goes to ${how} is loaded again`, async ({ descry }) => {
    const { window: page } = descry;
    const address = page.url();
    await page.evaluate(leave);
    await expect.poll(() => page.url()).toBe(address);
    await expect(page.getByRole('searchbox').or(page.getByRole('main')).first()).toBeVisible();
    await expect
      .poll(() => page.evaluate(async () => (await window.descry.invoke('app.info')).ok).catch(() => false))
      .toBe(true);
    expect(await descry.log()).toContain('the page left its address');
  });
}

test('downloads are refused: blob:, data: and app:', async ({ descry }) => {
  const { window: page, electron } = descry;
  await electron.evaluate(({ session }) => {
    session.defaultSession.on('will-download', (event, item) => {
      const refused = globalThis as { refused?: [string, boolean][] };
      (refused.refused ??= []).push([item.getURL().split(':')[0]!, event.defaultPrevented]);
    });
  });
  await page.evaluate(async () => {
    const targets = [
      URL.createObjectURL(new Blob(['text'])),
      'data:text/plain,text',
      'app://descry/index.html',
      'photo://library/preview/1',
    ];
    for (const target of targets) {
      const link = document.createElement('a');
      link.href = target;
      link.download = 'file.txt';
      document.body.append(link);
      link.click();
      link.remove();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  });
  const refused = await electron.evaluate(() => (globalThis as { refused?: [string, boolean][] }).refused ?? []);
  expect(new Set(refused.map(([scheme]) => scheme))).toEqual(new Set(['blob', 'data', 'app']));
  expect(refused.filter(([, prevented]) => !prevented)).toEqual([]);
  expect(page.url()).toBe('app://descry/index.html');
});

test('file pickers of the page are refused', async ({ descry }) => {
  const { window: page } = descry;
  const names = ['showOpenFilePicker', 'showSaveFilePicker', 'showDirectoryPicker'];
  expect(await page.evaluate((all) => all.filter((name) => name in globalThis), names)).toEqual([]);
  for (const times of [1, 2]) {
    await page.evaluate(() => {
      const input = document.createElement('input');
      input.type = 'file';
      input.id = 'picker';
      document.body.prepend(input);
    });
    await page.locator('#picker').click({ force: true });
    const refused = async () => (await descry.log()).split('a file picker was refused').length - 1;
    await expect.poll(refused).toBe(times);
    await page.reload(); // and it stays in force
  }
});
