/**
 * The addresses of photo://, read strictly: `photo://library/KIND/CONTENT`, with the number of a
 * content, for the kinds of `photoUrl`. Whatever is not exactly of this form is refused: there is no path in an address that could lead anywhere.
 */
import type { photoUrl } from '../ipc/photo-url.ts';

export interface PhotoAddress {
  readonly kind: keyof typeof photoUrl;
  readonly content: number;
}

const form = /^photo:\/\/library\/(thumbnail|preview|decoded)\/([1-9][0-9]{0,14})$/;

/** @returns undefined for any other address */
export function parsePhotoAddress(url: string): PhotoAddress | undefined {
  const match = form.exec(url);
  if (!match) return undefined;
  const content = Number(match[2]);
  return { kind: match[1] as PhotoAddress['kind'], content };
}
