/** The names of ResNet50's classes, and of the more general meanings that WordNet has for them. */
import { z } from 'zod';
import { baseForms } from '../text/spelling.ts';
import data from './class-names.json' with { type: 'json' };

const schema = z.object({
  /** synonyms, separated by commas, and the places in this list of the next more general synsets */
  synsets: z.array(z.tuple([z.string()]).rest(z.int().min(0))),
  /** the place in `synsets` of each class */
  classes: z.array(z.int().min(0)),
});
export type ClassNames = Readonly<z.infer<typeof schema>>;

/** @throws a parse error where it is none, RangeError where a place is outside the list */
export function parseClassNames(value: unknown): ClassNames {
  const names = schema.parse(value);
  const places = [...names.classes, ...names.synsets.flatMap(([, ...general]) => general)];
  if (places.some((place) => place >= names.synsets.length)) throw new RangeError('a class has no name');
  return names;
}

export const imageNetNames: ClassNames = parseClassNames(data);

/** What one class may be called. */
export interface ClassName {
  /** "tabby cat" */
  readonly names: readonly string[];
  /** how much more general than the class: 0 for its own names, 1 for those of the next more general meaning */
  readonly distance: number;
}

/** @returns of each class its own names, and then those of ever more general meanings */
export function namesOfClasses({ synsets, classes }: ClassNames): ClassName[][] {
  return classes.map((own) => {
    const distances = new Map([[own, 0]]);
    for (const [place, distance] of distances) {
      const [, ...general] = synsets[place]!;
      for (const other of general) if (!distances.has(other)) distances.set(other, distance + 1);
    }
    return [...distances].map(([place, distance]) => ({ names: synsets[place]![0].split(','), distance }));
  });
}

/** Classes that a word names, with the least distance of a meaning that it names. */
export type NamedClasses = ReadonlyMap<number, number>;

/** Which classes words name: "cat" names the tabby and four others. */
export class ClassIndex {
  readonly #named = new Map<string, Map<number, number>>();

  constructor(names: ClassNames) {
    namesOfClasses(names).forEach((meanings, index) => {
      for (const { names: words, distance } of meanings) {
        for (const word of words) {
          const key = word.toLowerCase();
          const classes = this.#named.get(key) ?? new Map<number, number>();
          this.#named.set(key, classes);
          if (!(classes.get(index)! <= distance)) classes.set(index, distance);
        }
      }
    });
  }

  /** All single words and names of several words, lower case. */
  words(): string[] {
    return [...this.#named.keys()];
  }

  /** @param word lower case, in any inflection; several words with spaces @returns undefined where it names none */
  find(word: string): NamedClasses | undefined {
    const own = this.#named.get(word);
    if (own) return own;
    const form = word.includes(' ') ? [] : baseForms(word);
    const named = form.find((other) => this.#named.has(other));
    return named === undefined ? undefined : this.#named.get(named);
  }
}
