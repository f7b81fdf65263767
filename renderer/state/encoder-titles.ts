/** Titles of encoders by which they can be told apart. */
import type { EncoderSummary } from '../../electron/ipc/contract.ts';
import { texts } from '../base/texts.ts';

/** Where several have the same title, each says in brackets what the others are not: its precision, its folder, or else its id. */
export function withDistinctTitles(list: readonly EncoderSummary[]): EncoderSummary[] {
  return list.map((encoder) => {
    const same = list.filter(({ title }) => title === encoder.title);
    if (same.length === 1) return encoder;
    const own = originOf(encoder, same);
    const isOwn = own !== '' && same.every((other) => other === encoder || originOf(other, same) !== own);
    return { ...encoder, title: texts.encoders.titleWith(encoder.title, isOwn ? own : encoder.id) };
  });
}

function originOf({ source, origin, family }: EncoderSummary, same: readonly EncoderSummary[]): string {
  if (source === 'program') return texts.encoders.builtIn;
  if (source === 'hub') return family ? texts.encoders.precisions[family.precision] : 'Hugging Face';
  const folders = same.flatMap((one) => (one.source === 'folder' && one.origin !== null ? [one.origin] : []));
  return shortestOwn(origin ?? '', folders);
}

/** As many of the last parts of a path as no other has, at least the folder that it lies in. */
function shortestOwn(path: string, all: readonly string[]): string {
  const partsOf = (one: string) => one.split(/[\\/]+/).filter((part) => part !== '');
  const own = partsOf(path);
  const others = all.filter((one) => one !== path).map(partsOf);
  const end = (parts: readonly string[], length: number) => parts.slice(-length).join('/');
  for (let length = 2; length < own.length; length++) {
    if (others.every((other) => end(other, length) !== end(own, length))) return end(own, length);
  }
  return path;
}
