/** Whether the process of the library is away, and when it is back. */

/** After this time a request is not asked again, and its error is shown. */
const longestWaitMs = 30_000;

let returns = 0;
let following = false;
const waiting = new Set<() => void>();
const watchers = new Set<(away: boolean) => void>();

function follow(): void {
  if (following) return;
  following = true;
  window.descry.on('library.restarted', () => {
    returns++;
    for (const goOn of waiting) goOn();
    for (const watcher of watchers) watcher(false);
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
    for (const watcher of watchers) watcher(true);
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

/** Tells `watcher` when a request found the library away, and when it is back. */
export function watchLibrary(watcher: (away: boolean) => void): void {
  follow();
  watchers.add(watcher);
}
