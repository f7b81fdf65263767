import { expect, test } from './app.ts';

test('a second start ends at once and searches in the first', async ({ descry, startBeside }) => {
  // In two steps: the page must be listening before the second program starts.
  await descry.window.evaluate(() => {
    const page = globalThis as { requested?: Promise<string> };
    page.requested = new Promise((resolve) => window.descry.on('search.requested', ({ text }) => resolve(text)));
  });
  expect(await startBeside(descry.home, ['a dog on the grass'])).toBe(0);
  const requested = await descry.window.evaluate(() => (globalThis as { requested?: Promise<string> }).requested);
  expect(requested).toBe('a dog on the grass');
});

test('a second start without a sentence brings the first to the front', async ({ descry, startBeside }) => {
  await descry.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.hide());
  expect(await startBeside(descry.home, [])).toBe(0);
  const visible = () =>
    descry.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map((window) => window.isVisible()));
  await expect.poll(visible).toEqual([true]);
});

test('another library has a window of its own', async ({ descry, start, folder }) => {
  const other = await start({ home: await folder('other') });
  await expect(other.window).toHaveTitle('Descry');
  await expect(descry.window).toHaveTitle('Descry');
});
