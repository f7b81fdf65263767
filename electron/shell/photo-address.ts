/**
 * The addresses of photo://, read strictly: `photo://library/thumbnail/CONTENT` and `photo://library/preview/CONTENT`, with
 * the number of a content. Whatever is not exactly of this form is refused: there is no path in an address that could lead anywhere.
 */
export interface PhotoAddress {
  readonly kind: 'thumbnail' | 'preview';
  readonly content: number;
}

const form = /^photo:\/\/library\/(thumbnail|preview)\/([1-9][0-9]{0,14})$/;

/** @returns undefined for any other address */
export function parsePhotoAddress(url: string): PhotoAddress | undefined {
  const match = form.exec(url);
  if (!match) return undefined;
  const content = Number(match[2]);
  return { kind: match[1] as PhotoAddress['kind'], content };
}
