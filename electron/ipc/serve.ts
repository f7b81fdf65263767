/**
 * The main process's end of the contract: every request of the window comes in here, and every answer goes out here, also
 * those of the library's process.
 *
 * The sender must be the main frame of our own page, the argument must fit its schema, and so must the answer; errors
 * cross as a code and a message that a user can read, their details go to the log.
 */
import type { ErrorCode } from '../../models/errors.ts';
import { DescryError, errorCode, errorObject } from '../../models/errors.ts';
import { eventChannel, requestChannel } from './channels.ts';
import type { Envelope, EventName, EventPayload, Handlers, RequestName } from './contract.ts';
import { events, requests } from './contract.ts';

/** The part of Electron's ipcMain that is used. */
export interface MainPort<Event> {
  handle(channel: string, listener: (event: Event, argument: unknown) => Promise<unknown>): void;
}

export interface ServeOptions<Event> {
  /** whether the message comes from the main frame of our own page */
  readonly trusted: (event: Event) => boolean;
  readonly log: (message: string, detail: unknown) => void;
}

/** Registers every request of the contract. */
export function serveRequests<Event>(
  port: MainPort<Event>,
  handlers: Handlers,
  { trusted, log }: ServeOptions<Event>,
): void {
  for (const name of Object.keys(requests) as RequestName[]) {
    port.handle(requestChannel(name), async (event, argument) => {
      if (!trusted(event)) {
        log(`${name}: refused, the sender is not the window's own page`, undefined);
        return failed(new DescryError('usage', 'Only the window of Descry may ask.'));
      }
      return answer(name, handlers, argument, log);
    });
  }
}

async function answer(
  name: RequestName,
  handlers: Handlers,
  argument: unknown,
  log: ServeOptions<never>['log'],
): Promise<Envelope<unknown>> {
  const { input, output } = requests[name];
  const parsed = input.safeParse(argument);
  if (!parsed.success) {
    log(`${name}: the argument does not fit`, parsed.error.issues);
    return failed(new DescryError('usage', `The request ${name} was given a wrong argument.`));
  }
  try {
    // Name, input and handler belong together by the type Handlers; a union of 40 such triples is beyond the compiler.
    const handler = handlers[name] as (input: unknown) => unknown;
    const value: unknown = await handler(parsed.data);
    const checked = output.safeParse(value);
    if (checked.success) return { ok: true, value: checked.data };
    log(`${name}: the answer does not fit`, checked.error.issues);
    return failed(new DescryError('internal', `Descry could not answer ${name}; the log has the details.`));
  } catch (error) {
    if (!expected.has(errorCode(error))) log(`${name}: failed`, error);
    return failed(error);
  }
}

function failed(error: unknown): Envelope<never> {
  return { ok: false, error: errorObject(error) };
}

/** Failures that are no news to the log. */
const expected: ReadonlySet<ErrorCode> = new Set([
  'cancelled',
  'library-restarting',
  'library-interrupted',
  'library-stopped',
]);

/**
 * @param send Electron's webContents.send, or nothing where there is no window
 * @returns sends an event to the window where its payload fits the contract; says whether it does
 */
export function eventSender(
  send: (channel: string, payload: unknown) => void,
  log: ServeOptions<never>['log'],
): <K extends EventName>(name: K, payload: EventPayload<K>) => boolean {
  return (name, payload) => {
    const checked = events[name].safeParse(payload);
    if (checked.success) send(eventChannel(name), checked.data);
    else log(`${name}: the event does not fit and is not sent`, checked.error.issues);
    return checked.success;
  };
}
