/**
 * Drives a window over a pipe (--remote-debugging-pipe): Chromium's debugging protocol without a port, for tests that
 * count sockets. Works with the program as it is shipped. https://chromedevtools.github.io/devtools-protocol
 */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

interface Answer {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Not the empty document that a window has before its page. */
const loaded = "location.href.startsWith('app:') && document.readyState === 'complete'";

export class PipedProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #session: string | undefined;
  #last = 0;

  /** @param args must pass --remote-debugging-pipe on to Chromium */
  constructor(program: string, args: readonly string[], options: SpawnOptions) {
    // Chromium reads from descriptor 3 and writes to 4.
    this.child = spawn(program, args, { ...options, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.child.on('exit', resolve));
    this.child.on('error', () => undefined);
    void this.ended.then(() => {
      for (const answer of this.#waiting.values()) answer({ error: { message: 'the program has ended' } });
    });
    let text = '';
    (this.child.stdio[4] as Readable).setEncoding('utf8').on('data', (piece: string) => {
      const messages = (text + piece).split('\0');
      text = messages.pop()!;
      for (const message of messages) this.#receive(JSON.parse(message) as Answer);
    });
    (this.child.stdio[3] as Writable).on('error', () => undefined);
  }

  /** Waits until the page has been loaded. */
  async page(): Promise<void> {
    for (;;) {
      const { targetInfos } = await this.#send('Target.getTargets');
      const page = (targetInfos as { type: string; targetId: string; url: string }[]).find(
        ({ type, url }) => type === 'page' && url.startsWith('app:'),
      );
      if (page) {
        const attached = await this.#send('Target.attachToTarget', { targetId: page.targetId, flatten: true });
        this.#session = attached['sessionId'] as string;
        if (await this.evaluate<boolean>(loaded).catch(() => false)) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Ends the program as a user does who closes its window. */
  async close(): Promise<void> {
    await this.evaluate('window.close()').catch(() => undefined);
    await this.ended;
  }

  /** @returns the value of an expression in the page, awaited */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#send(
      'Runtime.evaluate',
      { expression, awaitPromise: true, returnByValue: true },
      this.#session,
    )) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the page threw an error');
    return result.value;
  }

  async #send(method: string, params: object = {}, sessionId?: string): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const answer = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #receive(answer: Answer): void {
    if (answer.id === undefined) return; // an event
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }
}
