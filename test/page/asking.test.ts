/** How a search is asked in the window: parts of the sentence, filters by hand, photos like others, saved searches. */
import type { Page } from '@playwright/test';
import type { SearchForm } from '../../electron/ipc/contract.ts';
import { asked, cell, expect, field, test } from './page.ts';

const chips = (page: Page) => page.getByRole('list', { name: 'Parts of the search' }).getByRole('listitem');
const chip = (page: Page, name: string) => chips(page).getByRole('button', { name: new RegExp(`: ${name}$`) });
const panel = (page: Page) => page.getByRole('complementary', { name: 'Filters' });
const nothing: SearchForm = { text: '', filter: {}, literal: [], like: [], order: 'relevance' };
const lastForm = async (page: Page) => ((await asked(page, 'search.query')).at(-1)?.argument ?? nothing) as SearchForm;
const announced = (page: Page) => page.locator('[aria-live="polite"]').last();

async function say(page: Page, text: string, parts: number): Promise<void> {
  await field(page).fill(text);
  await expect(chips(page)).toHaveCount(parts);
}

/** Drops a drawn picture on the field, or pastes it. */
const give = (page: Page, type: 'drop' | 'paste', files: readonly string[] = ['sea.png']) =>
  page.evaluate(
    async ([type, files]) => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = 40;
      canvas.getContext('2d')!.fillRect(0, 0, 40, 40);
      const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
      const data = new DataTransfer();
      for (const name of files) data.items.add(new File([blob!], name, { type: 'image/png' }));
      const init = { bubbles: true, cancelable: true };
      const target = document.querySelector('[role=combobox]')!;
      if (type === 'paste') target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, ...init }));
      for (const name of type === 'drop' ? ['dragenter', 'dragover', 'drop'] : []) {
        target.dispatchEvent(new DragEvent(name, { dataTransfer: data, ...init }));
      }
    },
    [type, files] as const,
  );

test.describe('a part of the sentence', () => {
  test('is a chip, and a description once it is taken back by mouse', async ({ mock: { page, open } }) => {
    await open({});
    await say(page, 'a lake last summer in Paris', 2);
    await expect(chip(page, 'June – August 2025')).toBeVisible();
    await expect(announced(page)).toContainText('Understood: June – August 2025, Paris, France');
    await page.getByRole('button', { name: 'Take back Paris, France' }).click();
    await expect(chips(page)).toHaveCount(1);
    await expect(field(page)).toHaveValue('a lake last summer in Paris');
    await expect.poll(async () => (await lastForm(page)).literal).toEqual(['in Paris']);
    await expect(announced(page)).toContainText('Paris, France taken back');
  });

  test('is reached, passed and taken back by keys', async ({ mock: { page, open } }) => {
    await open({});
    await say(page, 'a lake last summer in Paris -snow', 3);
    await page.keyboard.press('Tab'); // the button that clears the search
    await page.keyboard.press('Tab');
    await expect(chip(page, 'June – August 2025')).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(chip(page, 'Paris, France')).toBeFocused();
    await page.keyboard.press('Delete');
    await expect(chips(page)).toHaveCount(2);
    await expect(chip(page, 'not snow')).toBeFocused();
    await page.keyboard.press('Backspace');
    await expect(chip(page, 'June – August 2025')).toBeFocused();
    await expect.poll(async () => (await lastForm(page)).literal).toEqual(['in Paris', '-snow']);
    await page.keyboard.press('Backspace');
    await expect(chips(page)).toHaveCount(0);
    await expect(field(page)).toBeFocused();
  });

  test('that must not be seen has its words selected by a click on its name', async ({ mock: { page, open } }) => {
    await open({});
    await say(page, 'a lake -snow', 1);
    await chip(page, 'not snow').click();
    await expect(field(page)).toBeFocused();
    const selected = await field(page).evaluate((input: HTMLInputElement) =>
      input.value.slice(input.selectionStart ?? 0, input.selectionEnd ?? 0),
    );
    expect(selected).toBe('-snow');
  });

  test('is edited in the panel, which takes its words out of the sentence', async ({ mock: { page, open } }) => {
    await open({});
    await say(page, 'a lake in Paris last summer', 2);
    await chip(page, 'Paris, France').click();
    const places = panel(page).getByRole('list', { name: 'Places' });
    await expect(places.getByRole('button', { name: /^Paris/ })).toHaveAttribute('aria-pressed', 'true');
    await expect(places.getByRole('button', { name: /^Paris/ })).toBeFocused();
    await places.getByRole('button', { name: /^Bergen/ }).click();
    await expect(field(page)).toHaveValue('a lake last summer');
    await expect(chip(page, 'Bergen, Norway')).toBeVisible();
    await expect(chips(page)).toHaveCount(2);
    await page.getByRole('button', { name: 'Take back Bergen, Norway' }).click();
    await expect(chips(page)).toHaveCount(1);
    await expect.poll(async () => (await lastForm(page)).filter).toEqual({});
  });

  test('stands in the field with what was set by hand until all is cleared', async ({ mock: { page, open } }) => {
    await open({});
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await panel(page)
      .getByRole('button', { name: /^NIKON D750/ })
      .click();
    await expect(chip(page, 'NIKON D750')).toBeVisible();
    await expect(page.getByRole('grid', { name: 'NIKON D750' })).toBeVisible();
    await field(page).focus();
    await field(page).press('Backspace');
    await expect(chip(page, 'NIKON D750')).toBeFocused();
    await page.getByRole('button', { name: 'Clear the search' }).click();
    await expect(chips(page)).toHaveCount(0);
    await expect(page.getByRole('grid', { name: 'Photos', exact: true })).toBeVisible();
  });
});

test.describe('the panel of filters', () => {
  test('asks what the photos have only while it is open, once for each answer', async ({ mock: { page, open } }) => {
    await open({});
    await say(page, 'a lake in Paris', 1);
    expect(await asked(page, 'search.facets')).toEqual([]);
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await expect(panel(page).getByRole('heading', { name: 'Camera' })).toBeVisible();
    await field(page).press('End');
    await field(page).pressSequentially(' in 2026', { delay: 15 });
    await expect(chips(page)).toHaveCount(2);
    await page.waitForTimeout(200);
    expect((await asked(page, 'search.facets')).length).toBe(2);
    await panel(page).getByRole('button', { name: 'Close the filters' }).click();
    await expect(page.getByRole('button', { name: 'Filters', exact: true })).toBeFocused();
    await say(page, 'a lake', 0);
    expect((await asked(page, 'search.facets')).length).toBe(2);
  });

  test('is worked by keys', async ({ mock: { page, open } }) => {
    await open({ spacing: 6 }, { width: 900, height: 600 });
    await page.getByRole('button', { name: 'Filters', exact: true }).press('Enter');
    const first = panel(page).getByRole('slider', { name: 'First month' });
    await first.focus();
    for (let i = 0; i < 3; i++) await first.press('ArrowRight');
    const month = (await first.getAttribute('aria-valuetext'))!;
    await expect(chip(page, `Since ${month}`)).toBeVisible();
    await panel(page).getByLabel('To', { exact: true }).fill('2024-05-05');
    await panel(page).getByLabel('To', { exact: true }).press('Tab');
    await expect.poll(async () => (await lastForm(page)).filter.to).toBe('2024-05-05');
    await panel(page).getByRole('button', { name: 'August', exact: true }).press('Space');
    await expect.poll(async () => (await lastForm(page)).filter.months).toEqual([8]);
    await panel(page).getByRole('button', { name: 'Clear: Date' }).press('Enter');
    await expect(panel(page).locator('[data-aspect="when"] :focus')).toHaveCount(1); // it is not lost with the button
    await expect(chips(page)).toHaveCount(0);
    await panel(page).getByRole('button', { name: 'Show all 11' }).press('Enter');
    const place = panel(page).getByRole('button', { name: /^Leeds/ });
    await place.press('Enter');
    await expect(chip(page, 'Leeds, United Kingdom')).toBeVisible();
    await panel(page).getByRole('switch', { name: 'And around it' }).press('Space');
    await expect(chip(page, 'Near Leeds, United Kingdom')).toBeVisible();
    await panel(page).press('Escape');
    await expect(panel(page)).toBeHidden();
  });

  test('takes a time that is dragged over the histogram', async ({ mock: { page, open } }) => {
    await open({ spacing: 6 });
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    const box = (await panel(page)
      .getByRole('img', { name: /^Photos by date/ })
      .boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 4 });
    expect(await asked(page, 'search.query'), 'not while it is dragged').toEqual([]);
    await page.mouse.up();
    await expect(chips(page)).toHaveCount(1);
    const { from, to } = (await lastForm(page)).filter;
    expect(from! < to!).toBe(true);
    expect(from).toMatch(/-01$/);
    await expect(panel(page).getByLabel('From', { exact: true })).toHaveValue(from!);
  });

  test('says what the photos do not have', async ({ mock: { page, open } }) => {
    await open({ bare: true });
    await page.getByRole('button', { name: 'Filters', exact: true }).click();
    await expect(panel(page)).toContainText('No photo here has a place.');
    await expect(panel(page)).toContainText('No photo here names its camera.');
  });
});

test('where the parts leave nothing, says what would be found without each', async ({ mock: { page, open } }) => {
  await open({});
  await say(page, 'a boat on the sea in 2014 in Paris', 2);
  await expect(page.getByRole('heading', { name: 'No photos from 2014 in Paris' })).toBeVisible();
  await expect(page.getByRole('gridcell')).toHaveCount(0);
  await page.getByRole('button', { name: /^Without “2014”: [\d,]+ photos$/ }).click();
  await expect(chips(page)).toHaveCount(1);
  await expect(cell(page, 0)).toBeVisible();
});

test.describe('words that are not known', () => {
  test('are corrected all at once, or one by one', async ({ mock: { page, open } }) => {
    await open({});
    await field(page).fill('teh montains and sae');
    await page.getByRole('button', { name: 'Replace “sae” by “sea”' }).click();
    await expect(field(page)).toHaveValue('teh montains and sea');
    await page.getByRole('button', { name: 'the mountains and sea', exact: true }).click();
    await expect(field(page)).toHaveValue('the mountains and sea');
    await expect(page.getByText('Did you mean')).toHaveCount(0);
  });

  test('are named, and no photos are shown, where none is known', async ({ mock: { page, open } }) => {
    await open({});
    await field(page).fill('flurb wibbel');
    await expect(page.getByText('“flurb” and “wibbel” are not words I know.')).toBeVisible();
    await expect(page.getByRole('gridcell')).toHaveCount(0);
  });
});

test('the order is by how likely they are, or by date', async ({ mock: { page, open } }) => {
  await open({});
  await say(page, 'a lake last summer', 1);
  await page.getByRole('radio', { name: 'Newest first' }).check({ force: true });
  await expect(page.getByText('newest first', { exact: true })).toBeVisible();
  expect((await lastForm(page)).order).toBe('date');
  await say(page, 'in Norway', 1);
  await expect(page.getByRole('radiogroup', { name: 'Order' })).toHaveCount(0);
});

test.describe('photos like others', () => {
  test('are found from the large view, and words and more pictures narrow them', async ({
    mock: { page, open, complaints },
  }) => {
    await open({});
    await cell(page, 2).click();
    await page.getByRole('button', { name: 'More like this' }).click();
    await expect(page.getByRole('dialog')).toBeHidden();
    await expect(field(page)).toBeFocused();
    await expect(page.getByText('Photos like this', { exact: true })).toBeVisible();
    await expect(page.getByRole('grid', { name: 'Photos like this' })).toBeVisible();
    await field(page).pressSequentially('snow -city');
    await give(page, 'paste');
    await expect(chips(page)).toHaveCount(3);
    await give(page, 'drop', ['sea.png', 'lake.png']);
    await expect(chips(page)).toHaveCount(5);
    await expect(page.getByText('Photos like these', { exact: true })).toBeVisible();
    expect(await lastForm(page)).toMatchObject({
      text: 'snow -city',
      like: [{ content: 9998 }, { picture: 1 }, { picture: 2 }, { picture: 3 }],
    });
    expect(await asked(page, 'library.addFolders')).toEqual([]);
    await page.getByRole('button', { name: 'Take back like photo 1' }).click();
    await expect(chips(page)).toHaveCount(4);
    await field(page).press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Delete');
    await expect(chips(page)).toHaveCount(3);
    expect((await lastForm(page)).like).toEqual([{ picture: 2 }, { picture: 3 }]);
    expect(complaints).toEqual([]);
  });

  test('by a picture elsewhere in the window: its folder is added', async ({ mock: { page, open } }) => {
    await open({});
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File([''], 'sea.png', { type: 'image/png' }));
      document.querySelector('main')!.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
    });
    await expect.poll(async () => (await asked(page, 'library.addFolders')).length).toBe(1);
    expect(await asked(page, 'search.picture')).toEqual([]);
  });

  test('a picture that cannot be read is told', async ({ mock: { page, open } }) => {
    await open({
      failing: { 'search.picture': { code: 'photo-unreadable', message: 'sea.png cannot be read.' } },
    });
    await give(page, 'paste');
    await expect(page.getByText('sea.png cannot be read.')).toBeVisible();
    await expect(chips(page)).toHaveCount(0);
  });
});

test.describe('a saved search', () => {
  test('stands in the sidebar, asks again when it is chosen, is renamed and removed', async ({
    mock: { page, open },
  }) => {
    await open({});
    await say(page, 'a lake last summer', 1);
    await page.getByRole('button', { name: 'Save this search' }).click();
    const name = page.getByRole('textbox', { name: 'Name' });
    await expect(name).toHaveValue('a lake last summer');
    await name.fill('Lakes');
    await name.press('Enter');
    const saved = page.getByRole('region', { name: 'Saved searches' });
    await expect(saved.getByRole('button', { name: 'Lakes', exact: true })).toHaveAttribute('aria-current', 'true');
    await say(page, 'snow', 0);
    await page.getByRole('button', { name: 'Settings', exact: true }).click();
    const before = (await asked(page, 'search.query')).length;
    await saved.getByRole('button', { name: 'Lakes', exact: true }).click();
    await expect(chips(page)).toHaveCount(1);
    await saved.getByRole('button', { name: 'Lakes', exact: true }).click();
    await expect.poll(async () => (await asked(page, 'search.query')).length).toBe(before + 2);
    await page.getByRole('button', { name: 'Saved as “Lakes”' }).click();
    await page.getByRole('menuitem', { name: 'Rename…' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('By the water');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await saved.getByRole('button', { name: 'Actions for “By the water”' }).click({ force: true });
    await page.getByRole('menuitem', { name: 'Rename…' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('At the lake');
    await page.keyboard.press('Enter');
    await saved.getByRole('button', { name: 'Actions for “At the lake”' }).click({ force: true });
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect(saved).toHaveCount(0);
  });

  test('is in a menu where the sidebar has only icons', async ({ mock: { page, open } }) => {
    await open({ saved: [['Boats', 'a boat on the sea']] }, { width: 900, height: 600 });
    await page.getByRole('button', { name: 'Saved searches' }).press('Enter');
    await page.getByRole('menuitem', { name: 'Boats' }).press('Enter');
    await expect(page.getByRole('grid', { name: 'Photos for “a boat on the sea”' })).toBeVisible();
  });
});
