/**
 * Takes the page's requests from its first moment on and hands them to the handlers when those are there: they are loaded while
 * the page's process reads its script, and not before, because the main process sends it that script.
 */
import type { MainPort } from '../ipc/serve.ts';

export interface EarlyRequests<Event> extends MainPort<Event> {
  /** All handlers are there. */
  open(): void;
}

/** @param channels of all requests */
export function earlyRequests<Event>(port: MainPort<Event>, channels: readonly string[]): EarlyRequests<Event> {
  const handlers = new Map<string, (event: Event, argument: unknown) => Promise<unknown>>();
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  for (const channel of channels) {
    port.handle(channel, async (event, argument) => {
      await opened;
      return handlers.get(channel)!(event, argument);
    });
  }
  return { handle: (channel, handler) => void handlers.set(channel, handler), open };
}
