import { expect, test } from './app.ts';
import { takeScreens } from './screens.ts';

test('the window opens at once, visible, titled and filled', async ({ descry }, info) => {
  const visible = () => descry.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible());
  // How soon is what test/bench/window.ts measures; here the test may have attached before the first frame.
  await expect.poll(visible).toBe(true);
  await expect(descry.window).toHaveTitle('Descry');
  await expect(descry.window.locator('#app')).not.toBeEmpty();
  await takeScreens(descry, info, 'first-start');
  expect(descry.complaints).toEqual([]);
});

test('size and place are those of the last run', async ({ start }) => {
  const bounds = { x: 60, y: 40, width: 900, height: 620 };
  const first = await start();
  await first.electron.evaluate(
    ({ BrowserWindow }, wanted) => BrowserWindow.getAllWindows()[0]?.setBounds(wanted),
    bounds,
  );
  await first.close();

  const second = await start({ home: first.home });
  const found = await second.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds());
  expect(found).toEqual(bounds);
});

test('a dark theme is there before the page is: no white flash', async ({ start }) => {
  const first = await start();
  const answer = await first.window.evaluate(() => window.descry.invoke('settings.set', { theme: 'dark' }));
  expect(answer.ok).toBe(true);
  await first.close();

  const app = await start({ home: first.home });
  const { background, dark } = await app.electron.evaluate(({ BrowserWindow, nativeTheme }) => ({
    background: BrowserWindow.getAllWindows()[0]?.getBackgroundColor(),
    dark: nativeTheme.shouldUseDarkColors,
  }));
  expect(dark).toBe(true);
  // Playwright shows every page a light theme unless told otherwise.
  await app.window.emulateMedia({ colorScheme: null });
  const pageBackground = async () => {
    const color = await app.window.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(color)?.slice(1) ?? [];
    return `#${parts.map((part) => Number(part).toString(16).padStart(2, '0')).join('')}`;
  };
  await expect.poll(pageBackground).toBe(background?.toLowerCase());
});

test('every menu item has a label or a role, and the accelerators are those people know', async ({ descry }) => {
  const accelerators = await descry.electron.evaluate(({ Menu }) => {
    const found: string[] = [];
    const walk = (items: Electron.MenuItem[]) => {
      for (const item of items) {
        if (item.accelerator) found.push(`${item.label}: ${item.accelerator}`);
        walk(item.submenu?.items ?? []);
      }
    };
    walk(Menu.getApplicationMenu()?.items ?? []);
    return found;
  });
  expect(accelerators).toEqual(
    expect.arrayContaining(['Search: CmdOrCtrl+K', 'Settings…: CmdOrCtrl+,', 'Add Photo Folder…: CmdOrCtrl+O']),
  );
});

test('kept in the tray, the program outlives its window, and a second start shows it again', async ({
  descry,
  startBeside,
}) => {
  const { electron, window: page } = descry;
  expect(await page.evaluate(() => window.descry.invoke('settings.set', { keepInTray: true }))).toMatchObject({
    ok: true,
  });
  const visible = () =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isVisible()));
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  await expect.poll(visible).toEqual([false]);
  expect(await startBeside(descry.home, [])).toBe(0);
  await expect.poll(visible).toEqual([true]);
});

test('without the tray, closing the window ends the program', async ({ descry }) => {
  const ended = new Promise((resolve) => descry.electron.process().once('exit', resolve));
  await descry.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close());
  expect(await ended).toBe(0);
});

test('folders are chosen in the native dialog, and a choice that is cancelled changes nothing', async ({
  descry,
  folder,
}) => {
  const chosen = await folder('holidays');
  const choose = async (canceled: boolean) => {
    await descry.electron.evaluate(
      ({ dialog }, answer) => {
        dialog.showOpenDialog = () => Promise.resolve(answer);
      },
      { canceled, filePaths: canceled ? [] : [chosen] },
    );
    const answer = await descry.window.evaluate(() => window.descry.invoke('library.chooseFolders'));
    return answer.ok ? answer.value.map(({ path }) => path) : answer.error;
  };
  expect(await choose(true)).toEqual([]);
  expect(await choose(false)).toEqual([chosen]);
});

test('a menu item reaches the page', async ({ descry }) => {
  await descry.window.evaluate(() => {
    const page = globalThis as { command?: Promise<string> };
    page.command = new Promise((resolve) => window.descry.on('menu.command', resolve));
  });
  await descry.electron.evaluate(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.items.flatMap((item) => item.submenu?.items ?? []) ?? [];
    items.find(({ label }) => label === 'Library')?.click();
  });
  expect(await descry.window.evaluate(() => (globalThis as { command?: Promise<string> }).command)).toBe(
    'open-library',
  );
});
