/** What axe finds wrong with a page in Electron. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/**
 * @param rules ids of axe's rules; absent: all
 * @returns the rule, and the elements that break it
 */
export async function axeFindings(page: Page, rules?: string[]): Promise<string[]> {
  // A view that was just opened still gets its data; the same view in other colours has it.
  if (!rules) await page.waitForTimeout(250);
  await settledColours(page);
  // Legacy mode: Electron cannot open the second page in which axe would collect its findings. What is right is counted, but
  // not described: that would take longer than the check.
  const builder = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  const { violations } = await (rules ? builder.withRules(rules) : builder).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Colours on their way to others have the contrast of neither. */
async function settledColours(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    // the first for a change that was made just now to be seen, the second for what begins with it
    await frame();
    await frame();
    const ends = (one: Animation) => one.effect?.getComputedTiming().endTime !== Infinity;
    const running = () => document.getAnimations().filter((one) => one.playState === 'running' && ends(one));
    while (running().length > 0) await Promise.allSettled(running().map((one) => one.finished));
    await frame();
  });
}
