/** Workers that another process starts on demand, over the message ports of Node in place of Electron's. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WorkerDied } from '../../electron/workers/host.ts';
import { launchOver, serveLauncher, type LaunchedProcess } from '../../electron/workers/launcher.ts';
import { messagePort, type MessagePortLike } from '../../electron/workers/port.ts';
import { serveWorker } from '../../electron/workers/serve.ts';
import { WorkerSupervisor } from '../../electron/workers/supervisor.ts';

interface EchoMethods {
  echo: { input: Float32Array; item: Float32Array };
  wait: { input: undefined; item: never };
}

const open: MessagePort[] = [];

/** Node's port with the events of Electron's: passed ports travel in the data. */
function like(port: MessagePort): MessagePortLike {
  open.push(port);
  return {
    postMessage: (data, transfer = []) => {
      const ports = transfer.map((one) => (one as unknown as { node: MessagePort }).node);
      port.postMessage({ data, ports }, ports);
    },
    on: (_event, listener) =>
      port.on('message', ({ data, ports }: { data: unknown; ports: MessagePort[] }) =>
        listener({ data, ports: ports.map(like) }),
      ),
    start: () => port.start(),
    ...{ node: port },
  };
}

/** "Processes" that are listeners on a port: killed, they do not answer any more. */
class Machine {
  readonly launched: string[] = [];
  readonly running = new Set<{ name: string; exit: (how: string) => void }>();

  readonly launch = (name: string): LaunchedProcess => {
    if (name !== 'echo') throw new Error(`there is no worker named ${name}`);
    const { port1, port2 } = new MessageChannel();
    this.launched.push(name);
    serveWorker<EchoMethods>(messagePort(like(port1)), {
      async *echo(input) {
        yield input;
      },
      async *wait() {
        yield await new Promise<never>(() => undefined);
      },
    });
    const exits: ((how: string) => void)[] = [];
    const entry = {
      name,
      exit: (how: string) => {
        this.running.delete(entry);
        port1.close();
        exits.forEach((listener) => listener(how));
      },
    };
    this.running.add(entry);
    return {
      port: like(port2),
      onExit: (listener) => void exits.push(listener),
      kill: () => entry.exit('exit code 15'),
    };
  };
}

let machine: Machine;
let endAll: () => void;
let start: (name: string) => ReturnType<ReturnType<typeof launchOver>>;

beforeEach(() => {
  machine = new Machine();
  const { port1, port2 } = new MessageChannel();
  endAll = serveLauncher(like(port1), machine.launch);
  start = launchOver(like(port2));
});
afterEach(() => open.splice(0).forEach((port) => port.close()));

const supervise = (name = 'echo') =>
  new WorkerSupervisor<EchoMethods>({ name, start: () => start(name), log: () => undefined, backOffMs: [0] });

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  for await (const item of items) return item;
  return undefined;
}

describe('a worker that another process starts', () => {
  test('is started by the first request, and typed arrays go to it and back', async () => {
    const host = supervise();
    expect(machine.launched).toEqual([]);
    expect(await first(host.run('echo', Float32Array.of(1, 2)))).toEqual(Float32Array.of(1, 2));
    expect(await first(host.run('echo', Float32Array.of(3)))).toEqual(Float32Array.of(3));
    expect(machine.launched).toEqual(['echo']);
  });

  test('fails its requests when it ends, and is started again by the next', async () => {
    const host = supervise();
    const waiting = first(host.run('wait', undefined));
    await expect.poll(() => machine.running.size).toBe(1);
    for (const { exit } of machine.running) exit('exit code 9');
    await expect(waiting).rejects.toThrow('exit code 9');
    await expect(waiting).rejects.toBeInstanceOf(WorkerDied);
    expect(await first(host.run('echo', Float32Array.of(1)))).toEqual(Float32Array.of(1));
    expect(machine.launched).toEqual(['echo', 'echo']);
  });

  test('is ended with its supervisor', async () => {
    const host = supervise();
    await first(host.run('echo', Float32Array.of(1)));
    await host.close();
    await expect.poll(() => machine.running.size).toBe(0);
  });

  test('is ended with the process that asked for it', async () => {
    await Promise.all([supervise(), supervise()].map((host) => first(host.run('echo', Float32Array.of(1)))));
    expect(machine.running.size).toBe(2);
    endAll();
    expect(machine.running.size).toBe(0);
  });

  test('that does not exist fails the request, with the reason', async () => {
    await expect(first(supervise('other').run('echo', Float32Array.of(1)))).rejects.toThrow('no worker named other');
  });
});
