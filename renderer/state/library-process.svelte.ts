/** The process of the library as the window sees it: whether it is away, and how often it has come back. */
import { watchLibrary } from '../base/library-return.ts';

/** how long the window says that it is back */
const noticeMs = 8000;

class LibraryProcess {
  /** a request found it away */
  away = $state(false);
  /** it came back a moment ago */
  returned = $state(false);
  /** it died too often and stays away */
  stopped = $state(false);
  /** what failed to load while it was away is loaded again when this grows */
  returns = $state(0);
  #notice: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    watchLibrary((state) => {
      this.away = state === 'away';
      this.returned = state === 'here';
      this.stopped = state === 'stopped';
      clearTimeout(this.#notice);
      if (!this.returned) return;
      this.returns++;
      this.#notice = setTimeout(() => (this.returned = false), noticeMs);
    });
  }
}

export const libraryProcess = new LibraryProcess();
