/** The list of encoders for the window and the command line: built in, added, and offered. */
import type { AddedEncoder } from '../../../models/contract/added-encoder.ts';
import type { Encoder } from '../../../models/contract/encoder.ts';
import { openAdded } from '../../../models/encoders.ts';
import type { ErrorObject } from '../../../models/errors.ts';
import type { EncoderSummary } from '../../ipc/contract.ts';
import { sizeOfAdded } from './added.ts';
import type { Adding, AddingState } from './adding.ts';
import { bytesOf, filesOf, type OfferedEncoder } from './catalogue.ts';

export interface SummaryParts {
  /** those that can be used, the built-in one first */
  readonly encoders: readonly Encoder[];
  /** added ones that cannot be used any more */
  readonly damaged: readonly AddedEncoder[];
  readonly adding: Pick<Adding, 'offered' | 'state' | 'failure' | 'keptBytes'>;
  /** id of the encoder of the model in use */
  readonly inUse: string;
  /** id of the model that comes with the first encoder */
  readonly builtInModel: string;
  /** an offered encoder as it will be */
  readonly expected: (offered: OfferedEncoder) => Encoder;
}

export function encoderSummaries(parts: SummaryParts): EncoderSummary[] {
  const { encoders, damaged, adding } = parts;
  const state = adding.state();
  // A damaged one that is offered stands in the list as before it was added, and one that is being added again with its progress.
  const broken = damaged.filter(({ id }) => id !== state?.id && !adding.offered.some((one) => one.id === id));
  const there = [
    ...encoders.map((encoder) => ofEncoder(encoder, parts)),
    ...broken.map((one) => ({ ...ofEncoder(openAdded(one), parts), zeroShot: null, error: damage(one) })),
  ];
  const offered = adding.offered
    .filter(({ id }) => !encoders.some((encoder) => encoder.id === id))
    .map((one) => ofOffered(one, parts));
  const known = [...there, ...offered];
  // A folder that is being added is in no other list yet.
  const folder = state?.source === 'folder' && !known.some(({ id }) => id === state.id) ? [ofFolder(state, parts)] : [];
  return [...known, ...folder];
}

function ofEncoder(encoder: Encoder, { encoders, adding, inUse, builtInModel }: SummaryParts): EncoderSummary {
  const { id, title, added } = encoder;
  const source = added?.source;
  const offered = adding.offered.find((one) => one.id === id);
  return {
    ...{ id, title, inUse: id === inUse, abilities: abilitiesOf(encoder) },
    state: added ? 'added' : 'built-in',
    source: source?.kind ?? 'program',
    origin: !source ? null : source.kind === 'folder' ? source.folder : `${source.repository} @ ${source.revision}`,
    ...(source?.kind === 'hub' && offered?.family ? { family: offered.family } : {}),
    licence: source?.kind === 'hub' ? (offered?.licence ?? null) : null,
    bytes: added ? sizeOfAdded(added) : bytesOfBuiltIn(encoder),
    measured: added?.measured ?? null,
    zeroShot: encoder.zeroShot ? id : encoder === encoders[0] ? builtInModel : null,
    error: null,
  };
}

const damage = ({ title }: { title: string }): ErrorObject => ({
  code: 'asset-corrupt',
  message: `${title} is damaged and is not used: its files are not as they were when it was added. Add it again to use it.`,
});

/** Of what is fetched for it. */
const bytesOfBuiltIn = ({ weights }: Encoder): number => weights.reduce((sum, one) => sum + one.package.bytes, 0);

function ofOffered(offered: OfferedEncoder, { adding, damaged, expected }: SummaryParts): EncoderSummary {
  const { id, title, family, licence, about, repository, revision, files } = offered;
  const state = adding.state();
  const keptBytes = state?.id === id ? 0 : adding.keptBytes(offered);
  return {
    ...{ id, title, licence, about, inUse: false, measured: null },
    ...(keptBytes > 0 ? { keptBytes } : {}),
    ...(family ? { family } : {}),
    ...progressOf(state?.id === id ? state : null),
    source: 'hub',
    origin: `${repository} @ ${revision}`,
    bytes: bytesOf(filesOf(files)),
    zeroShot: id,
    abilities: abilitiesOf(expected(offered)),
    error: adding.failure(id) ?? (damaged.some((one) => one.id === id) ? damage(offered) : null),
  };
}

function ofFolder(state: AddingState, { adding, expected }: SummaryParts): EncoderSummary {
  const { id, title, origin, bytes } = state;
  return {
    ...{ id, title, origin, bytes, licence: null, inUse: false, measured: null, zeroShot: id, error: null },
    ...progressOf(state),
    source: 'folder',
    abilities: abilitiesOf(expected(adding.offered[0]!)),
  };
}

function progressOf(state: AddingState | null): Pick<EncoderSummary, 'state' | 'doneBytes'> {
  if (!state) return { state: 'offered' };
  return { state: state.step === 'checking' ? 'checking' : 'fetching', doneBytes: state.doneBytes };
}

function abilitiesOf({ regions, nearDuplicates, training, tuning, zeroShot }: Encoder): EncoderSummary['abilities'] {
  return {
    regions: regions !== null,
    duplicates: nearDuplicates !== null,
    // A model that was never fitted to captions says how well a photo fits, not how probable a match is.
    relevance: zeroShot === null,
    training: training !== null,
    tuning: tuning !== null,
  };
}
