/** Functions that the migrations call. */
import type Sqlite from 'better-sqlite3';
import { localClock } from '../ipc/wall-clock.ts';
import { timeInName } from './name-time.ts';

export function registerFunctions(database: Sqlite.Database): void {
  database.function('local_clock', { deterministic: true }, (ms) => asInteger(localClock(Number(ms))));
  database.function('name_time', { deterministic: true }, (file) => asInteger(timeInName(String(file))));
}

/** For a column of whole numbers: without it SQLite gets a real number. */
const asInteger = (value: number | null): bigint | null => (value === null ? null : BigInt(value));
