/**
 * Requests to the main process, and its events.
 *
 * An answer that is an error is thrown as a BridgeError. Where the process of the library died during a request that only
 * reads, the request waits until it is back and is sent once more.
 */
import type {
  Bridge,
  ErrorObject,
  EventName,
  EventPayload,
  RequestArgument,
  RequestName,
  RequestOutput,
} from '../../electron/ipc/contract.ts';
import { readsOnly } from '../../electron/ipc/reads.ts';
import { libraryReturned } from './library-return.ts';

declare global {
  interface Window {
    readonly descry: Bridge;
  }
}

export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly code: ErrorObject['code'];
  readonly parameters: NonNullable<ErrorObject['parameters']>;

  constructor({ code, message, parameters = {} }: ErrorObject) {
    super(message);
    this.code = code;
    this.parameters = parameters;
  }
}

type Arguments<K extends RequestName> = undefined extends RequestArgument<K> ? [] : [argument: RequestArgument<K>];

/** @throws BridgeError */
export async function request<K extends RequestName>(name: K, ...rest: Arguments<K>): Promise<RequestOutput<K>> {
  const returned = libraryReturned();
  let answer = await window.descry.invoke(name, rest[0]);
  // Once: a request that ends the process each time must not do so for ever.
  if (!answer.ok && answer.error.code === 'library-restarting' && readsOnly(name) && (await returned())) {
    answer = await window.descry.invoke(name, rest[0]);
  }
  // The window says that the library is away; the error is shown at once.
  if (!answer.ok && answer.error.code === 'library-interrupted') void returned();
  if (!answer.ok) throw new BridgeError(answer.error);
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
  return new BridgeError({ code: 'internal', message: error instanceof Error ? error.message : String(error) });
}
