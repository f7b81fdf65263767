/** The worker's end of the protocol: takes requests from a port and streams the handlers' items back. */
import { DescryError, errorObject } from '../../models/errors.ts';
import type { FromWorker, MethodHandlers, MethodMap, Port, ToWorker } from './protocol.ts';

export function serveWorker<Methods extends MethodMap<Methods>>(
  port: Port<FromWorker, ToWorker>,
  handlers: MethodHandlers<Methods>,
): void {
  const running = new Map<number, AbortController>();

  port.listen((message) => {
    if (message.type === 'cancel') running.get(message.request)?.abort();
    else void run(message);
  });

  async function run({ request, method, input }: Extract<ToWorker, { type: 'run' }>): Promise<void> {
    const controller = new AbortController();
    running.set(request, controller);
    try {
      if (!Object.hasOwn(handlers, method)) {
        throw new DescryError('internal', `The worker has no request named ${String(method)}.`);
      }
      // The host's types guarantee that input and method match; the type is lost in the message.
      const handler = handlers[method as keyof Methods] as (
        input: unknown,
        signal: AbortSignal,
      ) => AsyncIterable<unknown>;
      for await (const item of handler(input, controller.signal)) {
        if (controller.signal.aborted) break;
        port.post({ type: 'item', request, item });
      }
      port.post({ type: 'done', request });
    } catch (error) {
      port.post({ type: 'failed', request, error: errorObject(error) });
    } finally {
      running.delete(request);
    }
  }
}
