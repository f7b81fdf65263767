/** The log file: what happened, without what the user searched for. */
import log from 'electron-log/node.js';
import { app } from 'electron';
import { places } from './places.ts';

export type Log = (message: string, detail?: unknown) => void;

export interface Logger {
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}

/** Opens the log and sends what nobody caught there, too. */
export function startLog(): Logger {
  log.transports.file.resolvePathFn = () => places.logFile;
  log.transports.file.maxSize = 4 * 1024 * 1024;
  log.transports.file.format = '{y}-{m}-{d} {h}:{i}:{s}.{ms} {level} {text}';
  // A program without a terminal: on some systems writing to a closed standard output would end it.
  log.transports.console.level = app.isPackaged ? false : 'warn';
  const write = (level: 'info' | 'warn' | 'error') => (message: string, detail?: unknown) =>
    detail === undefined ? log[level](message) : log[level](message, detail);
  const logger = { info: write('info'), warn: write('warn'), error: write('error') };
  process.on('uncaughtException', (error) => logger.error('uncaught', error));
  process.on('unhandledRejection', (reason) => logger.error('unhandled rejection', reason));
  return logger;
}
