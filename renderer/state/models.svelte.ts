/** The models: which there are, which is in use, and the change to another one. */
import type { ModelSummary, SwitchNeeds, SwitchState } from '../../electron/ipc/contract.ts';
import { on, request } from '../base/api.ts';
import { errorText } from '../base/errors.ts';
import { texts } from '../base/texts.ts';
import { toasts } from '../ui/toasts.svelte.ts';
import { attempt } from './attempt.ts';
import { encoders } from './encoders.svelte.ts';

class Models {
  list = $state.raw<readonly ModelSummary[]>([]);
  /** the model that the user wants to use, until that was answered */
  switchingTo = $state<string | null>(null);
  /** the change that goes on in the background */
  switching = $state.raw<SwitchState | null>(null);
  /** what the change to a model needs: the user is asked whether it shall begin */
  question = $state.raw<{ readonly id: string; readonly needs: SwitchNeeds } | null>(null);
  readonly inUse = $derived(this.list.find((model) => model.inUse) ?? null);
  /** no other change can begin */
  readonly busy = $derived(this.switchingTo !== null || (this.switching !== null && this.switching.state !== 'failed'));

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

  /** Uses a model, after a question where photos must be looked at for it. */
  async choose(id: string): Promise<void> {
    if (this.busy) return;
    this.switchingTo = id;
    const needs = await attempt(() => request('models.needs', { id }));
    this.switchingTo = null;
    if (!needs) return;
    if (needs.toEncode > 0) this.question = { id, needs };
    else await this.use(id);
  }

  /** The user agrees that it begins. */
  async begin(): Promise<void> {
    const id = this.question?.id;
    this.question = null;
    if (id !== undefined) await this.use(id);
  }

  async use(id: string): Promise<void> {
    this.switchingTo = id;
    await attempt(async () => {
      const how = await request('models.use', { id });
      if (how === 'done') this.#tellOfUse(id);
      else await this.#loadSwitching();
    });
    this.switchingTo = null;
    await this.load();
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
