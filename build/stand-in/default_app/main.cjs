/**
 * Stands in for the default app of Electron's own builds, which the runtime from npm lacks: runs the app that is named
 * on the command line (`electron .`), after the modules named by `-r`, as Playwright asks.
 */
'use strict';
/* eslint-disable @typescript-eslint/no-require-imports -- Electron starts this file as it is, as CommonJS */
const { app } = require('electron');
const fs = require('node:fs');
const path = require('node:path');
const Module = require('node:module');

const args = process.argv.slice(1);
const preloads = [];
let target;
for (let i = 0; i < args.length && target === undefined; i++) {
  if (args[i] === '-v' || args[i] === '--version') {
    console.log(`v${process.versions.electron}`);
    process.exit(0);
  }
  if (args[i] === '-r' || args[i] === '--require') preloads.push(args[++i]);
  else if (!args[i].startsWith('-')) target = args[i];
}
for (const file of preloads) Module._load(path.resolve(file), Module, true);
if (target === undefined) {
  console.error('usage: electron <app folder or file>');
  process.exit(1);
}
process.defaultApp = true;
const entry = path.resolve(target);
const manifest = path.join(entry, 'package.json');
if (fs.existsSync(manifest)) {
  const { version, name, productName } = JSON.parse(fs.readFileSync(manifest, 'utf8'));
  if (version) app.setVersion(version);
  if (productName || name) app.name = productName || name;
  app.setAppPath(entry);
}
Module._load(Module._resolveFilename(entry, null, true), Module, true);
