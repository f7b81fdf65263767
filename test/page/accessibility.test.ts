import { axeFindings } from './axe.ts';
import { expect, test } from './page.ts';
import { states } from './states.ts';

for (const { name, scenario, prepare } of states) {
  test(`${name}: axe finds nothing, light and dark, and the page does not complain`, async ({ mock }) => {
    await mock.open(scenario);
    await prepare?.(mock.page);
    expect(await axeFindings(mock.page)).toEqual([]);
    await mock.page.emulateMedia({ colorScheme: 'dark' });
    await expect(mock.page.locator('html')).toHaveAttribute('data-theme', 'dark');
    // In the dark only the colours are others.
    expect(await axeFindings(mock.page, ['color-contrast'])).toEqual([]);
    expect(mock.complaints).toEqual([]);
  });
}
