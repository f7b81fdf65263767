/** How encoders and their models are listed in the settings. */
import type { EncoderSummary, ModelSummary } from '../../electron/ipc/contract.ts';
import { isHere } from '../state/encoders.svelte.ts';

/** An encoder, or one in several precisions, of which one is shown. */
export interface EncoderCard {
  readonly title: string;
  /** from the most exact precision to the least, on each card; at least one */
  readonly variants: readonly EncoderSummary[];
  /** the one that is listed first */
  readonly offeredFirst: EncoderSummary;
}

const precisions = ['full', 'half', '8-bit'] as const satisfies NonNullable<EncoderSummary['family']>['precision'][];
const exactness = ({ family }: EncoderSummary) => (family ? precisions.indexOf(family.precision) : 0);

/** In the order of the list; the precisions of an encoder stand where the first of them does. */
export function cardsOf(list: readonly EncoderSummary[]): EncoderCard[] {
  const cards = new Map<string, EncoderSummary[]>();
  for (const encoder of list) {
    // An id has no space, so that no family is taken for an encoder.
    const key = encoder.family ? `family ${encoder.family.title}` : encoder.id;
    cards.set(key, [...(cards.get(key) ?? []), encoder]);
  }
  return [...cards.values()].map((variants) => ({
    title: variants.length > 1 ? variants[0]!.family!.title : variants[0]!.title,
    variants: variants.toSorted((a, b) => exactness(a) - exactness(b)),
    offeredFirst: variants[0]!,
  }));
}

/** The variant that a card shows before one is chosen: that in use, or being added, or here, or tried, or fetched in part; else the one that is listed first. */
export function firstShown({ variants, offeredFirst }: EncoderCard): EncoderSummary {
  const wanted = [
    ({ inUse }: EncoderSummary) => inUse,
    ({ state }: EncoderSummary) => state === 'fetching' || state === 'checking',
    isHere,
    ({ error }: EncoderSummary) => error !== null,
    ({ keptBytes }: EncoderSummary) => keptBytes !== undefined,
  ];
  for (const is of wanted) {
    const found = variants.find(is);
    if (found) return found;
  }
  return offeredFirst;
}

/** The model that stands for an encoder: the one that comes with it, else one that was trained on it; null: it has none. */
export function modelToUse({ id, zeroShot }: EncoderSummary, models: readonly ModelSummary[]): string | null {
  const own = models.filter(({ encoder }) => encoder === id);
  return zeroShot ?? own[0]?.id ?? null;
}

export interface ModelGroup {
  /** id of the encoder */
  readonly encoder: string;
  readonly title: string;
  /** `here`: its models can be used; `offered`: once it was fetched; `unknown`: it is in no list */
  readonly state: 'here' | 'offered' | 'damaged' | 'unknown';
  readonly models: readonly ModelSummary[];
}

/** The models of each encoder, in the order of the encoders; those of encoders that are not there come last. */
export function groupsOf(models: readonly ModelSummary[], list: readonly EncoderSummary[] | null): ModelGroup[] {
  const known = list ?? [];
  // Of a model of which nothing is known, using it explains why it cannot be used.
  const first = known[0]?.id ?? '';
  const encoderOf = ({ encoder }: ModelSummary) => encoder ?? first;
  const present = known.filter(isHere).map(({ id }) => id);
  const others = [...new Set(models.map(encoderOf))].filter((id) => !present.includes(id));
  return [...present, ...others]
    .map((id): ModelGroup => {
      const encoder = known.find((one) => one.id === id);
      return {
        encoder: id,
        title: encoder?.title ?? id,
        // Before the encoders are listed, none is said to be missing.
        state: list === null ? 'here' : stateOf(encoder),
        models: models.filter((one) => encoderOf(one) === id),
      };
    })
    .filter((group) => group.models.length > 0);
}

function stateOf(encoder: EncoderSummary | undefined): ModelGroup['state'] {
  if (!encoder) return 'unknown';
  if (isHere(encoder)) return 'here';
  return encoder.state === 'added' ? 'damaged' : 'offered';
}
