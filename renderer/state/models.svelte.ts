/** The models: which there are, which is in use, and the change to another one. */
import { tick } from 'svelte';
import type { ModelSummary, SwitchNeeds, SwitchState } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { errorText } from '../base/errors.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { encoders } from './encoders.svelte.ts';

interface SwitchQuestion {
  readonly id: string;
  readonly needs: SwitchNeeds;
  /** begins the change */
  readonly use: () => Promise<void>;
}

class Models {
  list = $state.raw<readonly ModelSummary[]>([]);
  /** the model that the user wants to use, until that was answered */
  switchingTo = $state<string | null>(null);
  /** the change that goes on in the background */
  switching = $state.raw<SwitchState | null>(null);
  /** what the change to a model needs: the user is asked whether it shall begin */
  question = $state.raw<SwitchQuestion | null>(null);
  readonly inUse = $derived(this.list.find((model) => model.inUse) ?? null);
  /** an answer is awaited; while a change goes on in the background, another model may be chosen in its place */
  readonly busy = $derived(this.switchingTo !== null);
  /** the model of the change that goes on; null: there is none, or it has failed */
  readonly onItsWay = $derived(this.switching !== null && this.switching.state !== 'failed' ? this.switching.to : null);

  async start(): Promise<void> {
    on('models.changed', () => void this.load());
    on('models.switching', (switching) => void this.#takeSwitching(switching));
    on('library.restarted', () => void this.#loadAll());
    await this.#loadAll();
  }

  async #loadAll(): Promise<void> {
    await Promise.all([this.load(), this.#loadSwitching()]);
  }

  async load(): Promise<void> {
    await attempt(async () => (this.list = await request('models.list')));
  }

  async #loadSwitching(): Promise<void> {
    await attempt(async () => (this.switching = await request('models.switching')));
  }

  async #takeSwitching(now: SwitchState | null): Promise<void> {
    const before = this.switching;
    this.switching = now;
    if (now?.state === 'failed' && now.error && before?.state !== 'failed') toasts.show(errorText(now.error), 'error');
    if (now !== null || before === null) return;
    await this.load();
    if (this.inUse?.id === before.to) this.#tellOfUse(before.to);
  }

  #tellOfUse(id: string): void {
    toasts.show(texts.models.switched(encoders.titleOfModel(id)));
  }

  /** A model with its encoder, where its own name does not say that. */
  fullTitle(id: string): string {
    const title = encoders.titleOfModel(id);
    const encoder = encoders.find(this.list.find((model) => model.id === id)?.encoder ?? '');
    return encoder === undefined || encoder.title === title ? title : texts.models.onEncoder(title, encoder.title);
  }

  /**
   * Uses a model, after a question where photos must be looked at for it: everything that changes the model asks here.
   * @param use carries it out
   */
  async choose(id: string, use = () => this.use(id)): Promise<void> {
    if (this.busy) return;
    this.switchingTo = id;
    const needs = await attempt(() => request('models.needs', { id }));
    this.switchingTo = null;
    if (!needs) return;
    if (needs.toEncode > 0) this.question = { id, needs, use };
    else await use();
  }

  /** The user agrees that it begins. */
  async begin(): Promise<void> {
    const { question } = this;
    this.question = null;
    // The dialog gives the focus back to the button that opened it, which must not be disabled yet.
    await tick();
    await question?.use();
  }

  /** @param ask the request that begins it */
  async use(id: string, ask: () => Promise<unknown> = () => request('models.use', { id })): Promise<void> {
    this.switchingTo = id;
    await attempt(async () => {
      const how = await ask();
      await this.#loadAll();
      if (how !== 'background' && this.inUse?.id === id) this.#tellOfUse(id);
    });
    this.switchingTo = null;
  }

  async stopSwitching(): Promise<void> {
    const failed = this.switching?.state === 'failed';
    await attempt(async () => {
      await request('models.stopSwitching');
      if (!failed) toasts.show(texts.switching.stopped);
    });
    await this.#loadSwitching();
  }

  async remove(id: string): Promise<void> {
    await attempt(() => request('models.remove', { id }));
    await this.load();
  }

  async import(): Promise<void> {
    await attempt(async () => {
      const model = await request('models.import');
      if (!model) return;
      toasts.show(texts.models.imported(model.id));
      await this.load();
    });
  }

  async export(id: string): Promise<void> {
    await attempt(async () => {
      const path = await request('models.export', { id });
      if (path) toasts.show(texts.models.exported(path));
    });
  }
}

export const models = new Models();
