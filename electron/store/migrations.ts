/**
 * The schema, as the steps that lead to it: step n brings a database from user_version n − 1 to n.
 *
 * A photo is a file; what can be computed from its bytes belongs to its content, keyed by the bytes' hash. So a renamed
 * or copied photo is recognised and not computed again, and captioned photos for training share the cache.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    excludes TEXT NOT NULL DEFAULT '[]',
    last_scan INTEGER
  ) STRICT;

  CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    width INTEGER,
    height INTEGER,
    taken INTEGER,
    camera TEXT,
    latitude REAL,
    longitude REAL
  ) STRICT;

  CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    path TEXT NOT NULL UNIQUE,
    bytes INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    content INTEGER REFERENCES contents
  ) STRICT;
  CREATE INDEX photos_by_folder ON photos (folder);
  CREATE INDEX photos_by_content ON photos (content);

  CREATE TABLE features (
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    encoder TEXT NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (content, encoder)
  ) STRICT;

  CREATE TABLE embeddings (
    model TEXT NOT NULL,
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    data BLOB NOT NULL,
    UNIQUE (model, content)
  ) STRICT;

  CREATE TABLE failures (
    photo INTEGER PRIMARY KEY REFERENCES photos ON DELETE CASCADE,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE models (
    id TEXT PRIMARY KEY,
    file TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    metadata TEXT NOT NULL,
    created INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE dataset_photos (
    path TEXT PRIMARY KEY,
    bytes INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE searches (
    text TEXT PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Contents that nothing refers to any more are deleted, and when that began is noted. Their ids are never given out
  // again (AUTOINCREMENT), because the window addresses pictures by them. Without the indexes, each deletion would read
  // all embeddings and all photos of datasets.
  `
  CREATE TABLE new_contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    width INTEGER,
    height INTEGER,
    taken INTEGER,
    camera TEXT,
    latitude REAL,
    longitude REAL,
    unused_since INTEGER
  ) STRICT;
  INSERT INTO new_contents (id, hash, width, height, taken, camera, latitude, longitude)
    SELECT id, hash, width, height, taken, camera, latitude, longitude FROM contents;
  DROP TABLE contents;
  ALTER TABLE new_contents RENAME TO contents;
  CREATE INDEX contents_unused ON contents (unused_since) WHERE unused_since IS NOT NULL;
  CREATE INDEX embeddings_by_content ON embeddings (content);
  CREATE INDEX dataset_photos_by_content ON dataset_photos (content);
  `,
];
