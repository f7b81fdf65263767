/**
 * Makes electron/services/understanding/emoji-words.json, the English word of each emoji, from the package emojilib:
 * `node build/scripts/run.mjs build/scripts/emoji-words.ts`.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const file = path.resolve(import.meta.dirname, '../../electron/services/understanding/emoji-words.json');

/** Emoji of which the name is not what a photo of it is called. */
const own: Readonly<Record<string, string>> = {
  '🏖': 'beach',
  '⛱': 'beach umbrella',
  '🎄': 'christmas tree',
  '🎃': 'halloween pumpkin',
  '🗽': 'statue of liberty',
  '🗼': 'tower',
  '❤': 'heart',
  '🌅': 'sunrise',
  '🌄': 'sunrise over mountains',
  '🌇': 'sunset',
  '🏠': 'house',
  '🌊': 'wave',
  '🚗': 'car',
  '🚲': 'bicycle',
  '🎂': 'birthday cake',
  '👨‍👩‍👧': 'family',
};

/** @returns emoji, without what says how it is drawn → its word */
export function emojiWords(): Record<string, string> {
  const names = createRequire(import.meta.url)('emojilib') as Record<string, string[]>;
  return Object.fromEntries(
    Object.entries(names).map(([emoji, [name]]) => {
      const bare = emoji.replace(/\uFE0F/g, '');
      return [bare, own[bare] ?? plain(name!)];
    }),
  );
}

/** "dog_face" → "dog", "beach_with_umbrella" → "beach", "flag_france" → "flag of france", "woman_running" → "woman running" */
function plain(name: string): string {
  const words = name.replaceAll('_', ' ').replace(/[:,]/g, '').trim();
  const flag = /^flag (.+)$/.exec(words);
  if (flag) return `flag of ${flag[1]}`;
  const animal = /^(.+) face$/.exec(words);
  // "grinning face" is a face
  if (
    animal &&
    /^(dog|cat|mouse|hamster|rabbit|fox|bear|panda|koala|tiger|lion|cow|pig|frog|monkey|horse|unicorn|wolf|dragon|sun)$/.test(
      animal[1]!,
    )
  )
    return animal[1]!;
  return /face|person|man|woman/.test(words) ? words : words.replace(/ with .*$/, '').replace(/ button$/, '');
}

export function emojiWordsFile(): string {
  const words = Object.entries(emojiWords()).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{\n${words.map(([emoji, word]) => `  ${JSON.stringify(emoji)}: ${JSON.stringify(word)}`).join(',\n')}\n}\n`;
}

if (import.meta.main) writeFileSync(file, emojiWordsFile());
