/**
 * Waits until other work has ended, well or not.
 * @throws the signal's reason as soon as it is aborted
 */
export async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const ended = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { signal: ended.signal });
  });
  const done = work.then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([done, aborted]);
  ended.abort();
  signal.throwIfAborted();
}
