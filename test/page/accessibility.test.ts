import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './page.ts';
import { states } from './states.ts';

/** @param rules ids of axe's rules; absent: all */
async function findings(page: Page, rules?: string[]): Promise<string[]> {
  await page.waitForTimeout(250); // colours on their way to others have the contrast of neither
  // Legacy mode: Electron cannot open the second page in which axe would collect its findings.
  const builder = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (rules ? builder.withRules(rules) : builder).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

for (const { name, scenario, prepare } of states) {
  test(`${name}: axe finds nothing, light and dark, and the page does not complain`, async ({ mock }) => {
    await mock.open(scenario);
    await prepare?.(mock.page);
    expect(await findings(mock.page)).toEqual([]);
    await mock.page.emulateMedia({ colorScheme: 'dark' });
    await expect(mock.page.locator('html')).toHaveAttribute('data-theme', 'dark');
    // In the dark only the colours are others.
    expect(await findings(mock.page, ['color-contrast'])).toEqual([]);
    expect(mock.complaints).toEqual([]);
  });
}
