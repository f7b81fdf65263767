/** The text side of a recipe, and what was fitted to the training captions: plain data for recipes and model files. */
import { z } from 'zod';
import { withChanged, withoutObsolete } from '../files/earlier-versions.ts';
import { fittedPart, partSpec } from './parts.ts';

/** The input is the parts' numbers one after another, in this order. */
export const textSpec = z.strictObject({ parts: z.array(partSpec).min(1).max(8) });
export type TextSpec = z.infer<typeof textSpec>;

/** A specification that an earlier version wrote: its bags of words counted in other ways, too. */
export function textSpecFromEarlierVersions(spec: unknown): unknown {
  return withChanged(spec, {
    parts: (parts) =>
      Array.isArray(parts) ? parts.map((part) => withoutObsolete(part, { weighting: 'binary' })) : parts,
  });
}

/** `JSON.stringify` and `fittedText.parse` keep every bit of it. */
export const fittedText = z.object({
  spec: z.preprocess(textSpecFromEarlierVersions, textSpec),
  /** the word vectors it was fitted with: others give other numbers */
  vectors: z.object({ id: z.string(), dimensions: z.int().positive() }),
  /** training captions */
  captions: z.int().min(0),
  /** tokens of the training captions, most frequent first, and how often each occurs */
  words: z.array(z.string()),
  counts: z.array(z.int().positive()),
  /** one for each part of `spec` */
  parts: z.array(fittedPart),
});
export type FittedText = z.infer<typeof fittedText>;
