/** The library's database: one repository per table, over one connection. */
import { Claims } from './claims.ts';
import { Contents } from './contents.ts';
import { openDatabase, type Database, type DatabaseOptions } from './database.ts';
import { Datasets } from './datasets.ts';
import { Encoders } from './encoders.ts';
import { Failures } from './failures.ts';
import { Favourites } from './favourites.ts';
import { Folders } from './folders.ts';
import { LeftOut } from './left-out.ts';
import { Missing } from './missing.ts';
import { Models } from './models.ts';
import { Packing } from './packing.ts';
import { Photos } from './photos.ts';
import { Preferences } from './preferences.ts';
import { Previews } from './previews.ts';
import { Regions } from './regions.ts';
import { SavedSearches } from './saved-searches.ts';
import { SimilarPairs } from './similar-pairs.ts';
import { Space } from './space.ts';
import { ToEncode } from './to-encode.ts';
import { Unused } from './unused.ts';
import { UserData } from './user-data.ts';

export class Store {
  readonly folders: Folders;
  readonly photos: Photos;
  readonly contents: Contents;
  readonly encoders: Encoders;
  readonly failures: Failures;
  readonly favourites: Favourites;
  readonly leftOut: LeftOut;
  readonly claims: Claims;
  readonly missing: Missing;
  readonly models: Models;
  readonly datasets: Datasets;
  readonly packing: Packing;
  readonly preferences: Preferences;
  readonly previews: Previews;
  readonly regions: Regions;
  readonly savedSearches: SavedSearches;
  readonly similarPairs: SimilarPairs;
  readonly space: Space;
  readonly toEncode: ToEncode;
  readonly unused: Unused;
  readonly userData: UserData;
  readonly file: string;
  /** why nothing can be written; undefined: it can */
  readonly readOnly: string | undefined;
  readonly #database: Database;

  constructor(file: string, options?: DatabaseOptions) {
    this.file = file;
    this.#database = openDatabase(file, { ...options, onForget: () => this.#forgetSoon() });
    this.readOnly = this.#database.readOnly;
    this.folders = new Folders(this.#database);
    this.favourites = new Favourites(this.#database);
    this.photos = new Photos(this.#database, this.favourites);
    this.encoders = new Encoders(this.#database);
    this.contents = new Contents(this.#database, (encoder) => this.encoders.form(encoder));
    this.failures = new Failures(this.#database);
    this.leftOut = new LeftOut(this.#database);
    this.claims = new Claims(this.#database);
    this.missing = new Missing(this.#database);
    this.models = new Models(this.#database);
    this.datasets = new Datasets(this.#database);
    this.preferences = new Preferences(this.#database);
    this.packing = new Packing(this.#database, this.contents, this.preferences);
    this.previews = new Previews(this.#database);
    this.regions = new Regions(this.#database);
    this.savedSearches = new SavedSearches(this.#database);
    this.similarPairs = new SimilarPairs(this.#database);
    this.space = new Space(this.#database, file);
    this.toEncode = new ToEncode(this.#database);
    this.unused = new Unused(this.#database);
    this.userData = new UserData(this.#database);
  }

  /** The user deleted something that must not be readable any more, in no backup either; called once for several. */
  onForget: () => void = () => undefined;
  #forgetting: NodeJS.Immediate | undefined;

  #forgetSoon(): void {
    this.#forgetting ??= setImmediate(() => {
      this.#forgetting = undefined;
      this.onForget();
    });
  }

  /** An atomic transaction, with one write to the disk for many rows. */
  readonly transaction = <T>(work: () => T): T => this.#database.transaction(work);

  /** Another number after each change by another connection, such as another process; own changes do not count. */
  othersVersion(): number {
    return this.#database.dataVersion();
  }

  /** Another number after each change by this or another connection. */
  version(): string {
    const own = this.#database.prepare<[], number>('SELECT total_changes()').pluck().get();
    return `${own} ${this.othersVersion()}`;
  }

  close(): void {
    try {
      this.claims.close();
    } catch {
      // the disk is full, or the library read-only: the claims are free as soon as this process has ended
    }
    if (this.#forgetting) {
      clearImmediate(this.#forgetting);
      this.onForget();
    }
    this.#database.close();
  }
}
