/**
 * The window's only way out: requests to the main process and its events. An answer that is an error is thrown as a
 * BridgeError that keeps the code; the message is fit to be shown.
 */
import type {
  Bridge,
  Envelope,
  EventName,
  EventPayload,
  RequestArgument,
  RequestName,
  RequestOutput,
} from '../../electron/ipc/contract.ts';

declare global {
  interface Window {
    readonly descry: Bridge;
  }
}

export type BridgeErrorCode = Extract<Envelope<never>, { ok: false }>['error']['code'];

export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly code: BridgeErrorCode;

  constructor(code: BridgeErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

type Arguments<K extends RequestName> = undefined extends RequestArgument<K> ? [] : [argument: RequestArgument<K>];

export async function request<K extends RequestName>(name: K, ...rest: Arguments<K>): Promise<RequestOutput<K>> {
  const answer = await window.descry.invoke(name, rest[0]);
  if (!answer.ok) throw new BridgeError(answer.error.code, answer.error.message);
  return answer.value;
}

/** Listens until the returned function is called. */
export function on<K extends EventName>(name: K, listener: (payload: EventPayload<K>) => void): () => void {
  return window.descry.on(name, listener);
}

/** Paths of files dropped on the window. */
export const pathsOf = (files: Iterable<File>): string[] =>
  Array.from(files, (file) => window.descry.pathOf(file)).filter((path) => path !== '');

/** Anything thrown as a BridgeError. */
export function asBridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  return new BridgeError('internal', error instanceof Error ? error.message : String(error));
}
