/** Whether the process of the library is away, when it is back, and whether it stays away. */

/** After this time a request is not asked again, and its error is shown. */
const longestWaitMs = 30_000;

export type LibraryState = 'here' | 'away' | 'stopped';

let returns = 0;
let following = false;
const waiting = new Set<() => void>();
const watchers = new Set<(state: LibraryState) => void>();

function follow(): void {
  if (following) return;
  following = true;
  window.descry.on('library.restarted', () => {
    returns++;
    for (const goOn of waiting) goOn();
    for (const watcher of watchers) watcher('here');
  });
  window.descry.on('library.stopped', () => {
    // Asked again, the requests are told the reason.
    for (const goOn of waiting) goOn();
    for (const watcher of watchers) watcher('stopped');
  });
}

/**
 * Called before a request is sent. The function that it returns waits until the library has come back after that
 * moment: true when it has, false when it took too long.
 */
export function libraryReturned(): () => Promise<boolean> {
  follow();
  const before = returns;
  return () => {
    if (returns > before) return Promise.resolve(true);
    for (const watcher of watchers) watcher('away');
    return new Promise((resolve) => {
      const done = (back: boolean) => {
        clearTimeout(timer);
        waiting.delete(goOn);
        resolve(back);
      };
      const goOn = () => done(true);
      const timer = setTimeout(() => done(false), longestWaitMs);
      waiting.add(goOn);
    });
  };
}

/** Tells `watcher` when a request found the library away, when it is back, and when it will not come back. */
export function watchLibrary(watcher: (state: LibraryState) => void): void {
  follow();
  watchers.add(watcher);
}
