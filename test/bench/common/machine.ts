/** What a benchmark ran on; figures of different machines cannot be compared, only their ratios. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import { installedElectron } from '../../../build/scripts/electron.ts';
import { runtime } from '../../../build/stand-in/runtime.ts';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  /** those that decide how fast networks are computed, where the system tells: avx2, avx512f, avx512_vnni */
  readonly instructions: readonly string[];
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly electron: string;
  readonly onnxRuntime: string;
}

export function machine(): Machine {
  const cpus = os.cpus();
  return {
    processor: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    instructions: instructions(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${distribution() ?? os.version()}, ${os.type()} ${os.release()}, ${os.arch()}`,
    node: process.version.slice(1),
    electron: installedElectron() === undefined ? `${runtime.electronVersion} (stand-in)` : version('electron'),
    onnxRuntime: version('onnxruntime-node'),
  };
}

/** As it is printed above a table. */
export function describeMachine(one: Machine): string {
  const { processor, cores, instructions, memoryGiB, system, node, electron, onnxRuntime } = one;
  const extensions = instructions.length === 0 ? '' : ` with ${instructions.join(', ')}`;
  return (
    `${cores} cores of ${processor}${extensions}, ${memoryGiB} GiB; ${system}; ` +
    `Node ${node}, Electron ${electron}, ONNX Runtime ${onnxRuntime}`
  );
}

function version(name: string): string {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function instructions(): string[] {
  const known = ['avx2', 'avx_vnni', 'avx512f', 'avx512_vnni', 'amx_int8', 'asimd', 'asimddp', 'i8mm'];
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(textOf('/proc/cpuinfo'))?.[1]?.split(/\s+/) ?? [];
  return known.filter((name) => flags.includes(name));
}

/** Name and version of the Linux distribution. */
function distribution(): string | undefined {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(textOf('/etc/os-release'))?.[1];
}

/** Of a file that only some systems have. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
