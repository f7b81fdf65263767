/**
 * The mode in which photos are encoded on this machine (models/engine/modes.ts): the user's choice, or what a short trial
 * found to be fastest. A trial runs in a process of its own, with a time limit. Its outcome is kept beside the weights, for all
 * libraries of the machine, until the processor, the runtime or the weights change.
 */
import path from 'node:path';
import { z } from 'zod';
import {
  fastestMode,
  isGraphics,
  leastAgreement,
  photoModes,
  type ModeTrial,
  type PhotoMode,
} from '../../models/engine/modes.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { AddedEncoder } from '../../models/contract/added-encoder.ts';
import type { NamedEncoder } from '../../models/encoders.ts';
import { errorMessage } from '../../models/errors.ts';
import { readRegularFile } from '../../models/files/regular-file.ts';
import type { Settings } from '../ipc/contract.ts';
import { WorkerDied, type WorkerHost } from '../workers/host.ts';
import type { Log } from './shared/log.ts';
import { writeAtomically } from './shared/write-file.ts';

export interface TrialMethods {
  tryMode: { input: NamedEncoder & { files: FoundWeights['files']; mode: PhotoMode }; item: ModeTrial };
  /** of an encoder that is being added: see encoders/proof.ts */
  checkEncoder: { input: EncoderToCheck; item: NonNullable<AddedEncoder['measured']> };
}

export interface EncoderToCheck {
  readonly added: AddedEncoder;
  readonly weights: FoundWeights;
  /** memory of the process */
  readonly largestBytes: number;
}

/** The part of such a process that is used here. */
type ModeTrials = WorkerHost<Pick<TrialMethods, 'tryMode'>>;

/** The user's choice. `automatic`: the fastest mode whose features agree. */
export type Precision = Settings['precision'];

export interface PhotoModesOptions {
  /** of the weights */
  readonly folder: string;
  /** starts a process that carries out one trial; null: this process can start none, and uses what is remembered, else floats */
  readonly start: (() => ModeTrials) | null;
  readonly precision: () => Precision;
  /** of an encoder that the user added */
  readonly added?: (encoder: string) => AddedEncoder | undefined;
  /** what the machine and its programs are: after a change, modes are tried again */
  readonly machine: () => string;
  /** a sentence for the user */
  readonly notice: (message: string) => void;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

/** What is known of one encoder here. */
export interface PhotoModeReport {
  readonly mode: PhotoMode;
  /** photos a second, as a multiple of those in floats on the processor; null: not measured */
  readonly speed: number | null;
  /** whether the user chose it */
  readonly forced: boolean;
}

const failure = z.object({ mode: z.enum(photoModes), reason: z.string() });
const recordSchema = z.object({
  encoder: z.string(),
  /** see `recordKey` */
  machine: z.string(),
  trials: z.array(z.object({ mode: z.enum(photoModes), speed: z.number(), agreement: z.number() })),
  /** modes that do not work here, and why */
  failures: z.array(failure),
  /** a trial of a graphics provider that began, and how often: where no end was written, it may have ended the whole machine */
  trying: z.object({ mode: z.enum(photoModes), times: z.int() }).nullable(),
});
const fileSchema = z.object({ format: z.literal(1), records: z.array(recordSchema) });
type Record = z.infer<typeof recordSchema>;

const fileName = 'photo-modes.json';
/**
 * ms. A trial takes about two seconds; a graphics provider compiles its programs first, and may hang. On the processor only a busy
 * machine takes longer.
 */
const limits = { processor: 120_000, graphics: 30_000 } as const;
/** A folder of weights may be shared by several machines. */
const mostRecords = 32;

export class PhotoModes {
  readonly #options: PhotoModesOptions;
  readonly #file: string;
  /** of this process, by encoder: where the file cannot be written, trials are not repeated either */
  readonly #known = new Map<string, Record>();
  readonly #trying = new Map<string, Promise<Record>>();
  /** trials on the processor whose process was ended, such as by a lack of memory: that says nothing of the processor */
  readonly #interrupted = new Set<string>();

  constructor(options: PhotoModesOptions) {
    this.#options = options;
    this.#file = path.join(options.folder, fileName);
  }

  /**
   * The mode to encode photos in. The first call on a machine takes some seconds.
   * @param encoder its id
   * @param modes those that the engine and the weights allow
   */
  async choose(encoder: string, modes: readonly PhotoMode[], weights: FoundWeights): Promise<PhotoMode> {
    const precision = this.#options.precision();
    if (precision === 'float' || modes.every((mode) => mode === 'float')) return 'float';
    const record = await this.#record(encoder, modes, weights);
    return this.#from(record, modes, precision);
  }

  /** What `choose` would answer, as far as it is known without a trial; null: not yet */
  async report(encoder: string, modes: readonly PhotoMode[], weights: FoundWeights): Promise<PhotoModeReport | null> {
    const precision = this.#options.precision();
    const forced = precision !== 'automatic';
    if (precision === 'float' || modes.every((mode) => mode === 'float')) return { mode: 'float', speed: null, forced };
    const record = await this.#stored(encoder, weights);
    if (!record) return null;
    const mode = this.#from(record, modes, precision);
    return { mode, speed: record.trials.find((trial) => trial.mode === mode)?.speed ?? null, forced };
  }

  /** A mode that passed its trial made a process end: it is not used again before the machine's programs change. */
  async distrust(encoder: string, weights: FoundWeights, mode: PhotoMode, reason: string): Promise<void> {
    const record = await this.#stored(encoder, weights);
    if (!record || mode === 'float') return;
    record.failures.push({ mode, reason });
    this.#options.notice(`${modeTitle(mode)} is not used any more to look at photos: ${reason}`);
    await this.#store(record);
  }

  #from({ trials, failures }: Record, modes: readonly PhotoMode[], precision: Precision): PhotoMode {
    const usable = trials.filter(
      ({ mode }) => modes.includes(mode) && !failures.some((failed) => failed.mode === mode),
    );
    if (precision === 'automatic') return fastestMode(usable);
    // Chosen by the user although it is slower: it must give the same features all the same.
    const agrees = usable.some(({ mode, agreement }) => mode === '8-bit' && agreement >= leastAgreement);
    return precision === '8-bit' && agrees ? '8-bit' : 'float';
  }

  #record(encoder: string, modes: readonly PhotoMode[], weights: FoundWeights): Promise<Record> {
    const key = recordKey(this.#options.machine(), weights);
    const under = this.#trying.get(encoder + key);
    if (under) return under;
    const trying = this.#tryAll(encoder, modes, weights).finally(() => this.#trying.delete(encoder + key));
    this.#trying.set(encoder + key, trying);
    return trying;
  }

  async #tryAll(encoder: string, modes: readonly PhotoMode[], weights: FoundWeights): Promise<Record> {
    const record: Record = (await this.#stored(encoder, weights)) ?? {
      encoder,
      machine: recordKey(this.#options.machine(), weights),
      trials: [],
      failures: [],
      trying: null,
    };
    const { trying } = record;
    // Once may have been the user, who ended Descry meanwhile.
    if (trying && trying.times >= 2) record.failures.push({ mode: trying.mode, reason: 'its trial did not end' });
    const { start } = this.#options;
    if (!start) return record;
    const tried = () => [...record.trials, ...record.failures].map(({ mode }) => mode);
    for (const mode of modes) {
      if (mode === 'float' || tried().includes(mode) || this.#interrupted.has(encoder + mode)) continue;
      if (isGraphics(mode)) {
        record.trying = { mode, times: trying?.mode === mode ? trying.times + 1 : 1 };
        await this.#store(record);
      }
      try {
        const trial = await this.#tryOne(start(), encoder, mode, weights);
        record.trials.push(trial);
        this.#options.log.info(
          `${modeTitle(mode)}: ${trial.speed.toFixed(2)} times the speed of floats, cosine of features ${trial.agreement.toFixed(4)}`,
        );
      } catch (error) {
        if (!isGraphics(mode) && error instanceof WorkerDied) this.#interrupted.add(encoder + mode);
        else record.failures.push({ mode, reason: errorMessage(error) });
        this.#options.log.info(`${modeTitle(mode)} does not work here: ${errorMessage(error)}`);
      }
      record.trying = null;
      await this.#store(record);
    }
    return record;
  }

  async #tryOne(host: ModeTrials, encoder: string, mode: PhotoMode, { files }: FoundWeights): Promise<ModeTrial> {
    const stallMs = isGraphics(mode) ? limits.graphics : limits.processor;
    const input = { encoder, added: this.#options.added?.(encoder), files, mode };
    try {
      for await (const trial of host.run('tryMode', input, { stallMs })) return trial;
      throw new Error('its trial ended without an answer');
    } finally {
      await host.close();
    }
  }

  async #stored(encoder: string, weights: FoundWeights): Promise<Record | undefined> {
    const machine = recordKey(this.#options.machine(), weights);
    const known = this.#known.get(encoder);
    if (known?.machine === machine) return known;
    const found = (await this.#records()).find((one) => one.encoder === encoder && one.machine === machine);
    if (found) this.#known.set(encoder, found);
    return found;
  }

  async #records(): Promise<Record[]> {
    try {
      const text = String(await readRegularFile(this.#file, { largest: 2 ** 20 }));
      return fileSchema.safeParse(JSON.parse(text)).data?.records ?? [];
    } catch {
      return []; // absent or damaged: modes are tried again
    }
  }

  async #store(record: Record): Promise<void> {
    this.#known.set(record.encoder, record);
    const others = (await this.#records()).filter(
      ({ encoder, machine }) => encoder !== record.encoder || machine !== record.machine,
    );
    const records = [record, ...others].slice(0, mostRecords);
    await writeAtomically(this.#file, `${JSON.stringify({ format: 1, records }, null, 1)}\n`).catch((error: unknown) =>
      this.#options.log.warn(`The speed of this computer is not remembered: ${errorMessage(error)}`),
    );
  }
}

/** Other weights, or another 8-bit file of them, are tried again. */
function recordKey(machine: string, { ids, files }: FoundWeights): string {
  return JSON.stringify([machine, ids, Object.keys(files).toSorted()]);
}

const titles: { readonly [mode in PhotoMode]: string } = {
  float: 'Floats',
  '8-bit': '8 bits',
  coreml: 'CoreML',
  dml: 'DirectML',
  webgpu: 'WebGPU',
};

/** For `status` and the about box. */
export function photoModeText({ mode, speed, forced }: PhotoModeReport): string {
  const how =
    mode === 'float' ? 'photos in floats' : mode === '8-bit' ? 'photos in 8 bits' : `photos by ${titles[mode]}`;
  const gain = speed === null ? '' : `, ${speed.toFixed(1)} times as fast as in floats`;
  return `${how}${gain}${forced ? ' (as you chose)' : ''}`;
}

/** As a user reads it. */
export const modeTitle = (mode: PhotoMode): string => titles[mode];
