/** Emoji as their English words: the text encoder knows no emoji. */
import words from './emoji-words.json' with { type: 'json' };

const table: ReadonlyMap<string, string> = new Map(Object.entries(words));
const emoji =
  /\p{Regional_Indicator}{2}|[\d#*]\uFE0F?\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*/gu;

/** Each emoji that has an English name becomes that word: "🐶 on a 🏖️" → "dog on a beach". Others stay as they are. */
export function withEmojiWords(text: string): string {
  if (!/[^\x00-\xff]/.test(text)) return text;
  const replaced = text.replace(emoji, (found) => {
    const word = wordOf(found);
    return word === undefined ? found : ` ${word} `;
  });
  return replaced === text ? text : replaced.replace(/\s+/g, ' ').trim();
}

/** Without skin colour and the way it is drawn; of a joined emoji that has no name, the first one. */
function wordOf(found: string): string | undefined {
  const bare = found.replace(/[\uFE0F]|\p{Emoji_Modifier}/gu, '');
  const word = table.get(bare);
  if (word !== undefined || !bare.includes('\u200D')) return word;
  return bare
    .split('\u200D')
    .map((part) => table.get(part))
    .find((part) => part !== undefined);
}
