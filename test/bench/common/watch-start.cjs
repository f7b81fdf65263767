/**
 * Preloaded into the app (`-r`) by start.ts: appends to the file DESCRY_BENCH_START, one JSON object a line, what happens in the main
 * process and in the library's process from their first moment: rounds of the event loop that took long, processor time each
 * quarter of a second, and the first answer to a search. It needs nothing of the measured version but the names of its programs.
 */
'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- Electron starts this file as it is */
const { appendFileSync } = require('node:fs');
const path = require('node:path');

const longMs = 10;
const file = process.env.DESCRY_BENCH_START;
const tell = (what) => appendFileSync(file, `${JSON.stringify({ at: Date.now(), ...what })}\n`);

/** As in event-loop.ts, which measures only from the moment when it is told to. */
function watch(name) {
  let last = performance.now();
  let told = last;
  let used = process.cpuUsage();
  setInterval(() => {
    const now = performance.now();
    const since = process.cpuUsage(used);
    used = process.cpuUsage();
    if (now - last > longMs) tell({ process: name, ms: now - last, cpuMs: (since.user + since.system) / 1000 });
    last = now;
    if (now - told < 250) return;
    told = now;
    tell({ process: name, usedMs: (used.user + used.system) / 1000, rss: process.memoryUsage.rss() });
  }, 1).unref();
}

/** @param folder where the profile is put after the time */
function profile(name, folder, seconds) {
  const { Session } = require('node:inspector');
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: 500 });
  session.post('Profiler.start');
  setTimeout(() => {
    session.post('Profiler.stop', (_error, result) => {
      require('node:fs').writeFileSync(path.join(folder, `${name}.cpuprofile`), JSON.stringify(result.profile));
    });
  }, seconds * 1000).unref();
}

function begin(name) {
  watch(name);
  const { DESCRY_BENCH_PROFILES: folder, DESCRY_BENCH_PROFILE_SECONDS: seconds = '20' } = process.env;
  if (folder) profile(name, folder, Number(seconds));
}

if (process.type === 'browser') {
  begin('main');
  const { ipcMain, utilityProcess } = require('electron');
  const { fork } = utilityProcess;
  utilityProcess.fork = (program, args, options) => {
    if (path.basename(program) !== 'library.cjs') return fork(program, args, options);
    return fork(__filename, [program, ...args], options);
  };
  const { handle } = ipcMain;
  ipcMain.handle = (channel, listener) =>
    handle.call(ipcMain, channel, async (...request) => {
      const answer = await listener(...request);
      if (channel.endsWith('search.query') && answer.ok && answer.value.ids.length > 0) {
        tell({ answered: Math.round(Date.now() - process.getCreationTime()) });
      }
      return answer;
    });
} else {
  begin('library');
  require(process.argv.at(-1));
}
