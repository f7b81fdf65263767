/** The modes of the encoders' photo sides on this machine, with its engine and weights; see photo-modes.ts. */
import { cpus } from 'node:os';
import type { Encoder } from '../../models/contract/encoder.ts';
import type { FoundWeights } from '../../models/contract/weights.ts';
import type { Engine } from '../../models/engine/engine.ts';
import { isGraphics, type PhotoMode } from '../../models/engine/modes.ts';
import type { EncoderSetup } from '../vision/protocol.ts';
import type { WorkerHost } from '../workers/host.ts';
import { PhotoModes, photoModeText, type PhotoModesOptions, type TrialMethods } from './photo-modes.ts';

export interface MachineModesOptions extends Pick<PhotoModesOptions, 'precision' | 'notice' | 'log'> {
  /** null: only what is remembered counts; absent: photos are encoded in floats */
  readonly trials: (() => WorkerHost<TrialMethods>) | null | undefined;
  /** whether graphics providers may be used */
  readonly graphics: boolean;
}

/** The part of `Descry` that is used. */
export interface MachineParts {
  readonly encoders: { find(id: string): Encoder };
  weights(encoder: string): Promise<FoundWeights>;
  engine(): Promise<Engine>;
  /** of the weights */
  readonly assets: { readonly folder: string };
}

/** What the choice depends on. */
interface Present {
  readonly modes: PhotoModes;
  readonly possible: readonly PhotoMode[];
  readonly weights: FoundWeights;
}

export class MachineModes {
  readonly #machine: MachineParts;
  readonly #options: MachineModesOptions;
  #modes: PhotoModes | undefined;

  constructor(machine: MachineParts, options: MachineModesOptions) {
    this.#machine = machine;
    this.#options = options;
  }

  /** How photos are encoded on this machine; the first call on a machine tries it, which takes some seconds. */
  async choose(id: string): Promise<PhotoMode> {
    const present = await this.#present(id);
    return present ? present.modes.choose(id, present.possible, present.weights) : 'float';
  }

  /**
   * What is known of it without a trial, in words; null: nothing. The weights must be there.
   * @param inUse the encoder's id. Another one where this finds its files to be damaged, which is said then
   */
  async text(inUse: () => string): Promise<string | null> {
    const id = inUse();
    let present: Present | undefined;
    try {
      present = await this.#present(id);
    } catch (error) {
      if (inUse() === id) throw error;
      return this.text(inUse);
    }
    const report = await present?.modes.report(id, present.possible, present.weights);
    return report ? photoModeText(report) : null;
  }

  /** The process that encoded photos with this setup ended. */
  async distrust({ encoder, mode = 'float' }: EncoderSetup): Promise<void> {
    if (!isGraphics(mode)) return;
    const reason = 'the process that opens photos ended with it';
    await this.#modes?.distrust(encoder, await this.#machine.weights(encoder), mode, reason);
  }

  async #present(id: string): Promise<Present | undefined> {
    const { trials, graphics, precision, notice, log } = this.#options;
    if (trials === undefined) return undefined;
    const encoder = this.#machine.encoders.find(id);
    const [weights, engine] = await Promise.all([this.#machine.weights(id), this.#machine.engine()]);
    this.#modes ??= new PhotoModes({
      folder: this.#machine.assets.folder,
      start: trials,
      precision,
      added: (id) => this.#machine.encoders.find(id).added ?? undefined,
      machine: () => [cpus()[0]?.model, process.platform, process.arch, engine.description].join(', '),
      notice,
      log,
    });
    const possible = encoder.modes(engine, weights.files).filter((mode) => graphics || !isGraphics(mode));
    return { modes: this.#modes, possible, weights };
  }
}
