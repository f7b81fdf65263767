/** Made-up encoders for the preview of the window: fetching, checking, using and removing them, in steps that can be watched. */
import type {
  EncoderSummary,
  ErrorObject,
  ModelSummary,
  SwitchNeeds,
  SwitchState,
} from '../../electron/ipc/contract.ts';
import { Failure, type Answers, type ContractBridge } from '../fixtures/contract-bridge.ts';
import type { Scenario } from './scenario.ts';

const cannotJudge = { regions: false, duplicates: true, relevance: false, training: true, tuning: false };
const clip = {
  source: 'hub',
  origin: 'Xenova/clip-vit-base-patch32 @ d15189d7028b43f1d3e65039190477f6af591c2a',
  licence: 'MIT',
} as const;
const tinyClip = {
  source: 'hub',
  origin: 'onnx-community/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M-ONNX @ 9463a9c508a344c837ffefe9d724f3827bf2dc79',
  licence: 'MIT',
} as const;
const offered = { state: 'offered', measured: null, inUse: false, error: null } as const;
const measured = { photosPerSecond: 19.4, peakBytes: 740_000_000 };
const ownFolder = '/home/anna/Models/clip-of-our-museum';

const builtIn: EncoderSummary = {
  id: 'resnet50-glove',
  title: 'ResNet50 and GloVe',
  state: 'built-in',
  source: 'program',
  origin: null,
  licence: 'MIT, PDDL',
  bytes: 232_000_000,
  measured: null,
  inUse: true,
  zeroShot: 'default',
  abilities: { regions: true, duplicates: true, relevance: true, training: true, tuning: true },
  error: null,
};
const full: EncoderSummary = {
  ...{ ...offered, ...clip, id: 'clip-vit-b32', zeroShot: 'clip-vit-b32', title: 'CLIP ViT-B/32', bytes: 607_968_381 },
  family: { title: 'CLIP ViT-B/32', precision: 'full' },
  about: 'As published. 608 MB to fetch; about 1 GB of memory expected while photos are encoded.',
  abilities: cannotJudge,
};
const half: EncoderSummary = {
  ...{
    ...full,
    id: 'clip-vit-b32-fp16',
    zeroShot: 'clip-vit-b32-fp16',
    title: 'CLIP ViT-B/32, half precision',
    bytes: 305_644_572,
  },
  family: { title: 'CLIP ViT-B/32', precision: 'half' },
  about:
    'As published, in 16 bits. 306 MB to fetch; on a processor it is not expected to be faster than full precision, nor to need less memory.',
};
const eightBit: EncoderSummary = {
  ...{
    ...full,
    id: 'clip-vit-b32-8bit',
    zeroShot: 'clip-vit-b32-8bit',
    title: 'CLIP ViT-B/32, 8 bits',
    bytes: 155_845_627,
  },
  family: { title: 'CLIP ViT-B/32', precision: '8-bit' },
  about: 'Somewhat less exact. 156 MB to fetch; about 0.5 GB of memory expected while photos are encoded.',
};
const tinyEightBit: EncoderSummary = {
  ...{
    ...offered,
    ...tinyClip,
    id: 'tinyclip',
    zeroShot: 'tinyclip',
    title: 'TinyCLIP ViT-8M/16, 8 bits',
    bytes: 26_907_745,
  },
  family: { title: 'TinyCLIP ViT-8M/16', precision: '8-bit' },
  about: 'A small model, which finds less than CLIP. 27 MB to fetch; about 0.3 GB of memory expected.',
  abilities: cannotJudge,
};
const tiny: EncoderSummary = {
  ...{
    ...tinyEightBit,
    id: 'tinyclip-full',
    zeroShot: 'tinyclip-full',
    title: 'TinyCLIP ViT-8M/16',
    bytes: 96_295_807,
  },
  family: { title: 'TinyCLIP ViT-8M/16', precision: 'full' },
  about: 'The same small model in full precision. 96 MB to fetch; about 0.4 GB of memory expected.',
};
const ownEncoder: EncoderSummary = {
  ...{ ...offered, id: 'clip-of-our-museum', title: 'clip-of-our-museum', state: 'added', bytes: 412_000_000 },
  ...{ source: 'folder', origin: ownFolder, licence: null, zeroShot: 'clip-of-our-museum' },
  measured: { photosPerSecond: 8.2, peakBytes: 1_120_000_000 },
  abilities: cannotJudge,
};

const offline: ErrorObject = {
  code: 'offline',
  message:
    'onnx/text_model.onnx of CLIP ViT-B/32 (254 MB) could not be fetched: huggingface.co cannot be reached (ENOTFOUND). 97 MB are kept. Connect to the network and try again; or fetch the files on another computer, from https://huggingface.co/Xenova/clip-vit-base-patch32/tree/d15189d7028b43f1d3e65039190477f6af591c2a, and add the folder with them.',
};
const refused: ErrorObject = {
  code: 'encoder-invalid',
  message:
    'CLIP ViT-B/32 cannot be used: its sentences do not find the drawn pictures that they describe (54 % of the comparisons are right, and 80 % are needed).',
};

const added = (encoder: EncoderSummary): EncoderSummary => {
  const { doneBytes: _done, about: _about, keptBytes: _kept, ...rest } = encoder;
  return { ...rest, state: 'added', measured, error: null };
};

function listOf({ encoders = 'offered' }: Scenario): EncoderSummary[] {
  const list = (changed: Partial<EncoderSummary>) => [
    builtIn,
    { ...full, ...changed },
    ...[half, eightBit, tinyEightBit, tiny],
  ];
  switch (encoders) {
    case 'offered':
    case 'absent':
      return list({});
    case 'fetching':
      return list({ state: 'fetching', doneBytes: 214_000_000 });
    case 'checking':
      return list({ state: 'checking' });
    case 'offline':
      return list({ error: offline });
    case 'refused':
      return list({ error: refused });
    case 'added':
      return [...list(added(full)), ownEncoder];
    case 'same-name':
      return [
        ...list({}),
        ...['a', 'b'].map((folder, i) => {
          const id = i === 0 ? 'clip' : 'clip-2';
          return { ...ownEncoder, id, zeroShot: id, title: 'clip', origin: `/home/anna/${folder}/clip` };
        }),
      ];
    case 'in-use':
      return [...list({ ...added(full), inUse: true }), ownEncoder].map((one) =>
        one.id === builtIn.id ? { ...one, inUse: false } : one,
      );
  }
}

const zeroShotModel = ({ id, inUse }: EncoderSummary): ModelSummary => ({
  ...{ id, encoder: id, recipe: null, recall: null, sets: [], bytes: 0, outdatedFeatures: false, words: null },
  ...{ data: '400 million photos with texts of the web', createdAt: Date.UTC(2021, 1, 26), builtIn: true, inUse },
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Answered = Extract<
  keyof Answers,
  | `encoders.${string}`
  | 'models.list'
  | 'models.use'
  | 'models.needs'
  | 'models.switching'
  | 'models.stopSwitching'
  | 'models.remove'
>;

/** @param photos of the library @param models those of the built-in encoder */
export function encoderAnswers(
  scenario: Scenario,
  photos: number,
  models: readonly ModelSummary[],
  emit: ContractBridge['emit'],
): Required<Pick<Answers, Answered>> & { judges(): boolean; pause(paused: boolean): void } {
  let encoders = listOf(scenario);
  const { stepMs = 20 } = scenario;
  let own: ModelSummary[] = [...models];
  if (scenario.encoders === 'in-use') own = own.map((model) => ({ ...model, inUse: false }));
  if (scenario.training === 'finished') {
    const { trainedOn = builtIn.id } = scenario;
    own.push({ ...own[0]!, id: 'default-2026-05-14', encoder: trainedOn, builtIn: false, inUse: false });
  }
  if (scenario.encoders === 'absent') {
    const trained = { ...own[1]!, outdatedFeatures: false };
    own.push({ ...trained, id: 'museum', encoder: 'clip-vit-b32-fp16', data: 'Own captions, 3,100 photos' });
    own.push({ ...trained, id: 'herbarium', encoder: 'clip-of-our-museum', data: 'Own captions, 900 photos' });
  }
  /** encoders whose features of all photos are stored */
  const encoded = new Set([builtIn.id, ...(scenario.encoders === 'in-use' ? [full.id] : [])]);
  let switching: SwitchState | null = null;
  let stopped = false;
  let wishes = 0;
  /** bytes of what was fetched and not used */
  const kept = new Map<string, number>();
  if (scenario.switching) {
    switching = {
      to: full.id,
      state: scenario.switching,
      donePhotos: Math.round(photos * 0.31),
      totalPhotos: photos,
      secondsLeft: scenario.switching === 'running' ? 1260 : null,
      error:
        scenario.switching === 'failed'
          ? { code: 'disk-full', message: 'The disk of the library is full. Free some space, then try again.' }
          : null,
    };
  }
  const change = (id: string, by: (encoder: EncoderSummary) => EncoderSummary) => {
    encoders = encoders.map((encoder) => (encoder.id === id ? by(encoder) : encoder));
    emit('encoders.changed', undefined);
  };
  const all = () => [...own, ...encoders.filter(({ state }) => state === 'added').map(zeroShotModel)];
  const encoderOf = (model: string) => all().find(({ id }) => id === model)!.encoder!;
  const use = (id: string) => {
    encoded.add(encoderOf(id));
    const encoder = encoderOf(id);
    own = own.map((model) => ({ ...model, inUse: model.id === id }));
    encoders = encoders.map((one) => ({ ...one, inUse: one.id === encoder }));
    emit('models.changed', undefined);
  };
  const takeSwitching = (state: SwitchState | null) => {
    switching = state;
    emit('models.switching', state);
  };
  const encodeFor = async (to: string) => {
    const wish = ++wishes;
    for (let step = 0; step < 4; step++) {
      const donePhotos = Math.round((photos * step) / 4);
      const secondsLeft = (4 - step) * 60;
      takeSwitching({ to, state: 'running', donePhotos, totalPhotos: photos, secondsLeft, error: null });
      await pause(stepMs);
      if (wish !== wishes) return; // another one took its place
      if (stopped) {
        takeSwitching(null);
        return;
      }
    }
    use(to);
    takeSwitching(null);
  };
  const needs = (id: string): SwitchNeeds => {
    const toEncode = encoded.has(encoderOf(id)) ? 0 : photos;
    return {
      photos,
      toEncode,
      bytes: toEncode * 3200,
      freeBytes: scenario.freeBytes ?? 83e9,
      seconds: toEncode / 19.4,
    };
  };

  return {
    pause: (paused) => {
      if (switching) takeSwitching({ ...switching, state: paused ? 'paused' : 'running', secondsLeft: null });
    },
    judges: () => encoders.find(({ inUse }) => inUse)!.abilities.relevance,
    'models.list': all,
    'models.needs': ({ id }) => needs(id),
    'models.use': ({ id }) => {
      stopped = false;
      if (needs(id).toEncode > 0) {
        void encodeFor(id);
        return 'background';
      }
      use(id);
      return 'done';
    },
    'models.switching': () => switching,
    'models.stopSwitching': () => {
      stopped = true;
      takeSwitching(null);
    },
    'models.remove': ({ id }) => {
      own = own.filter((model) => model.id !== id);
    },
    'encoders.list': () => encoders,
    'encoders.add': async ({ id }) => {
      stopped = false;
      const { bytes } = encoders.find((encoder) => encoder.id === id)!;
      const began = kept.get(id) ?? 0;
      for (let step = 0; step < 4; step++) {
        const doneBytes = Math.max(began, Math.round((bytes * step) / 4));
        change(id, ({ keptBytes: _kept, ...encoder }) => ({ ...encoder, state: 'fetching', doneBytes, error: null }));
        await pause(stepMs);
        if (stopped) {
          kept.set(id, doneBytes);
          change(id, ({ doneBytes: keptBytes, ...encoder }) => ({ ...encoder, keptBytes, state: 'offered' }));
          throw new Failure({ code: 'cancelled', message: 'Cancelled.' });
        }
      }
      change(id, (encoder) => ({ ...encoder, state: 'checking' }));
      await pause(stepMs);
      change(id, added);
      emit('models.changed', undefined);
      return encoders.find((encoder) => encoder.id === id)!;
    },
    'encoders.chooseFolder': () => ownFolder,
    'encoders.addFolder': async ({ path }) => {
      stopped = false;
      for (let step = 0; step < 4; step++) {
        await pause(stepMs / 2);
        if (stopped) throw new Failure({ code: 'cancelled', message: 'Cancelled.' });
      }
      const encoder = { ...ownEncoder, origin: path };
      encoders = [...encoders.filter(({ id }) => id !== encoder.id), encoder];
      emit('encoders.changed', undefined);
      emit('models.changed', undefined);
      return encoder;
    },
    'encoders.stopAdding': () => {
      stopped = true;
    },
    'encoders.remove': ({ id }) => {
      const gone = encoders.find((encoder) => encoder.id === id)!;
      own = own.filter(({ encoder }) => encoder !== id);
      if (gone.source === 'folder') encoders = encoders.filter((encoder) => encoder !== gone);
      else encoders = encoders.map((one) => (one === gone ? { ...one, ...offered } : one));
      encoded.delete(id);
      emit('encoders.changed', undefined);
      emit('models.changed', undefined);
    },
  };
}
