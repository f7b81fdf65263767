/** The library behind the window: opened after the first frame, closed before the end. */
import type { AppServices } from './services.ts';

/** Work that does not stop within this time is left to the database's journal. */
const closeWithinMs = 8000;

export class ServiceAccess {
  /** rejects with the reason where the library cannot be opened; every request then answers with it */
  readonly opened: Promise<AppServices>;
  #services: AppServices | undefined;

  constructor(open: () => Promise<AppServices>) {
    this.opened = open();
    this.opened.then(
      (services) => (this.#services = services),
      () => undefined,
    );
  }

  readonly now = (): AppServices | undefined => this.#services;

  async close(): Promise<void> {
    if (!this.#services) return;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => (timer = setTimeout(resolve, closeWithinMs)));
    await Promise.race([this.#services.close(), tooLong]).finally(() => clearTimeout(timer));
  }
}
