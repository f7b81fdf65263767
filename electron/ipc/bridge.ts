/**
 * `window.descry`: what the preload script exposes. It carries no schema; the build puts the contract's names in, and
 * any other name is refused here before it reaches the main process, which checks again.
 */
import type { Bridge, Envelope, EventName, RequestName } from './contract.ts';
import { eventChannel, requestChannel } from './channels.ts';

/** The part of Electron's ipcRenderer that the bridge uses. */
export interface RendererPort {
  invoke(channel: string, ...args: unknown[]): Promise<unknown>;
  on(channel: string, listener: (event: unknown, payload: unknown) => void): unknown;
  removeListener(channel: string, listener: (event: unknown, payload: unknown) => void): unknown;
}

export function createBridge(
  port: RendererPort,
  names: { readonly requests: readonly RequestName[]; readonly events: readonly EventName[] },
  pathOf: (file: File) => string,
): Bridge {
  const requests = new Set<string>(names.requests);
  const events = new Set<string>(names.events);
  return {
    invoke: async (name, argument) => {
      if (!requests.has(name)) return refused(`There is no request named ${JSON.stringify(name)}.`);
      return (await port.invoke(requestChannel(name), argument)) as Envelope<never>;
    },
    on: (name, listener) => {
      if (!events.has(name)) throw new TypeError(`There is no event named ${JSON.stringify(name)}.`);
      // Electron's event object stays on this side: it would hand the page the port itself.
      const received = (_event: unknown, payload: unknown) => listener(payload as never);
      port.on(eventChannel(name), received);
      return () => void port.removeListener(eventChannel(name), received);
    },
    pathOf,
  };
}

function refused(message: string): Envelope<never> {
  return { ok: false, error: { code: 'usage', message } };
}
