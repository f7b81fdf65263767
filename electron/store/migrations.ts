/**
 * The schema, as migrations: step n changes a database from user_version n − 1 to n.
 *
 * A photo is a file; data computed from its bytes belongs to its content, whose key is the hash of the bytes. So a renamed or
 * copied photo is recognised and not computed again, and captioned photos for training share the cache.
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
  `
  -- Features of several encoders are in the same table, under an opaque key. Until this version the key was the encoder's id
  -- and version, 'ID+VERSION', for version 1 only the id. The distinct keys are read from the index (content,
  -- encoder): no feature is read or written.
  CREATE TABLE encoders (
    key TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    UNIQUE (id, version)
  ) STRICT, WITHOUT ROWID;

  -- The id of the encoder whose features a model's embeddings are made from.
  CREATE TABLE model_encoders (
    model TEXT PRIMARY KEY,
    encoder TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- CASE, because otherwise json_extract may be evaluated on text that is not JSON.
  CREATE TEMPORARY TABLE model_names AS
    SELECT m.id AS model, CASE WHEN json_valid(m.metadata) THEN json_extract(m.metadata, '$.encoder') END AS name
    FROM models m;
  DELETE FROM model_names WHERE typeof(name) <> 'text';
  CREATE TEMPORARY TABLE names (name TEXT PRIMARY KEY, cached INTEGER NOT NULL, digits INTEGER, id TEXT, version INTEGER);
  INSERT INTO names (name, cached) SELECT DISTINCT encoder, 1 FROM features;
  INSERT OR IGNORE INTO names (name, cached) SELECT name, 0 FROM model_names;
  UPDATE names SET digits = length(name) - length(rtrim(name, '0123456789'));
  UPDATE names SET id = name, version = 1;
  UPDATE names SET
    id = substr(name, 1, length(name) - digits - 1),
    version = CAST(substr(name, length(name) - digits + 1) AS INTEGER)
    WHERE digits > 0 AND rtrim(name, '0123456789') GLOB '?*+';

  INSERT OR IGNORE INTO encoders (key, id, version) SELECT name, id, version FROM names WHERE cached;
  INSERT INTO model_encoders (model, encoder) SELECT model, id FROM model_names JOIN names USING (name);
  -- Of the model that came with the program nothing is noted; where all features are of one encoder, its are, too.
  INSERT OR IGNORE INTO model_encoders (model, encoder)
    WITH RECURSIVE known (model) AS (
      SELECT min(model) FROM embeddings
      UNION ALL
      SELECT (SELECT min(e.model) FROM embeddings e WHERE e.model > known.model) FROM known WHERE known.model IS NOT NULL
    )
    SELECT model, (SELECT min(id) FROM encoders) FROM known
    WHERE model IS NOT NULL AND (SELECT count(DISTINCT id) FROM encoders) = 1;

  -- What a model says about itself, in the shape that all encoders share (models/contract/information.ts).
  UPDATE models SET metadata = json_object(
      'implementation', 'resnet50-glove',
      'encoder', json((SELECT json_object('id', n.id, 'version', n.version)
        FROM model_names JOIN names n USING (name) WHERE model = models.id)),
      'recipe', json_extract(metadata, '$.recipe.name'),
      'data', json_extract(metadata, '$.data'),
      'recalls', json_extract(metadata, '$.recalls'),
      'seed', json_extract(metadata, '$.seed'),
      'createdAt', json_extract(metadata, '$.createdAt')
    )
    WHERE id IN (SELECT model FROM model_names);
  DROP TABLE model_names;
  DROP TABLE names;
  `,
  // Contents without references are deleted; `unused_since` is the time when they lost the last one. Ids are never used again
  // (AUTOINCREMENT), because the window addresses pictures by them. Without the indexes, each deletion would read all
  // embeddings and all photos of datasets.
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
  // Deletes statistics of the query planner, which earlier versions stored when a library was closed. With the statistics of a
  // library of one photo, a query read all contents for each embedding after the library had grown to 100,000 photos (minutes
  // instead of 0.4 s). Without them each query has one fixed plan.
  `
  DROP TABLE IF EXISTS sqlite_stat1;
  DROP TABLE IF EXISTS sqlite_stat4;
  `,
  // Until this version `taken` was the camera's clock read in the time zone of the computer that indexed it; from now on it is
  // the clock's face, as ms since the epoch as if it showed UTC. `metadata` is the version of the reading of metadata
  // (electron/vision/metadata.ts): contents of an earlier one are read again from their files, without computing features.
  // local_clock and name_time are functions of database.ts.
  `
  ALTER TABLE contents ADD COLUMN lens TEXT;
  -- s, f-number, ISO speed, mm
  ALTER TABLE contents ADD COLUMN exposure REAL;
  ALTER TABLE contents ADD COLUMN aperture REAL;
  ALTER TABLE contents ADD COLUMN iso REAL;
  ALTER TABLE contents ADD COLUMN focal REAL;
  -- the nearest populated place (its number in the gazetteer; 0: none is near, NULL: not looked up), the country (ISO 3166-1)
  ALTER TABLE contents ADD COLUMN place INTEGER;
  ALTER TABLE contents ADD COLUMN country TEXT;
  ALTER TABLE contents ADD COLUMN metadata INTEGER NOT NULL DEFAULT 0;
  UPDATE contents SET taken = local_clock(taken) WHERE taken IS NOT NULL;
  CREATE INDEX contents_by_metadata ON contents (metadata) WHERE width IS NOT NULL;
  CREATE INDEX contents_to_locate ON contents (id) WHERE latitude IS NOT NULL AND place IS NULL;

  -- the wall clock in the file's name, as in IMG_20140512_101500.jpg
  ALTER TABLE photos ADD COLUMN named INTEGER;
  UPDATE photos SET named = name_time(path);

  -- by hash, so that a photo that is moved, or removed and added again, is still a favourite
  CREATE TABLE favourites (
    hash BLOB PRIMARY KEY,
    at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE saved_searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    search TEXT NOT NULL
  ) STRICT;
  `,
  // Near-duplicates: which contents have been compared with the others, by which feature, and what was found.
  `
  CREATE TABLE compared (
    content INTEGER PRIMARY KEY REFERENCES contents ON DELETE CASCADE,
    encoder TEXT NOT NULL,
    -- the feature, reduced to 128 bytes: services/duplicates/sketches.ts
    sketch BLOB NOT NULL
  ) STRICT;

  -- small grey pictures, of contents that some other one resembles
  CREATE TABLE grey_pictures (
    content INTEGER PRIMARY KEY REFERENCES contents ON DELETE CASCADE,
    data BLOB NOT NULL
  ) STRICT;

  -- content > other; near: 1 for near-duplicates, 0 for others, NULL until their pixels have been compared
  CREATE TABLE similar_pairs (
    content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    -- of their features
    cosine REAL NOT NULL,
    near INTEGER,
    PRIMARY KEY (content, other)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX similar_pairs_by_other ON similar_pairs (other);
  CREATE INDEX similar_pairs_to_do ON similar_pairs (content) WHERE near IS NULL;
  `,
  // Regions of photos (models/contract/regions.ts), in tables of their own: a search loads all embeddings of whole photos, and
  // those of regions of the best few hundred only. They are deleted with the feature or the embedding that they belong to, also
  // when that is replaced.
  `
  CREATE TABLE regions (
    content INTEGER NOT NULL,
    encoder TEXT NOT NULL,
    -- of what is stored (Regions.version)
    version INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (content, encoder),
    FOREIGN KEY (content, encoder) REFERENCES features (content, encoder) ON DELETE CASCADE
  ) STRICT;

  -- one row of numbers for each region, in 4 bits: store/region-rows.ts
  CREATE TABLE region_embeddings (
    model TEXT NOT NULL,
    content INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (model, content),
    FOREIGN KEY (model, content) REFERENCES embeddings (model, content) ON DELETE CASCADE
  ) STRICT;
  `,
  // Issue 11.
  `
  -- FILES: when the system last changed a file's entry (ms since the epoch; NULL: unknown), so that an edit that keeps size and
  -- time is noticed
  ALTER TABLE photos ADD COLUMN changed INTEGER;
  -- 1: the system changes the entries of most of the folder's files although their bytes stay the same
  ALTER TABLE folders ADD COLUMN unsteady INTEGER NOT NULL DEFAULT 0;

  -- LEFT OUT: files and folders below a library's folder that are not shown, with the reason (ipc/left-out.ts)
  CREATE TABLE left_out (
    path TEXT PRIMARY KEY,
    folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX left_out_by_folder ON left_out (folder, reason);

  -- FOLDERS: which disk a folder is on, what vanished from it
  -- the mount point, drive or network share that the folder was on at its last scan (NULL: not known), and that one's number
  ALTER TABLE folders ADD COLUMN mount TEXT;
  ALTER TABLE folders ADD COLUMN device TEXT;
  -- 1: the user wants photos whose files are missing to stay, and is not asked again until they are back
  ALTER TABLE folders ADD COLUMN keep_missing INTEGER NOT NULL DEFAULT 0;
  -- since when a photo's file is missing while the photo is kept: many vanished at once (ms since the epoch; NULL: it is there)
  ALTER TABLE photos ADD COLUMN missing INTEGER;
  CREATE INDEX photos_missing ON photos (folder) WHERE missing IS NOT NULL;

  -- CONTENTS: what is wrong with a photo that could be read in part only (ipc/photo-form.ts); NULL: nothing that is known
  ALTER TABLE contents ADD COLUMN damage TEXT;
  CREATE INDEX contents_damaged ON contents (id) WHERE damage IS NOT NULL;

  -- FAILURES: which version of the program failed (NULL: one before this column), so that a later one tries again
  ALTER TABLE failures ADD COLUMN program TEXT;

  -- CLAIMS: which process computes which photos
  CREATE TABLE claim_owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pid INTEGER NOT NULL,
    -- the computer and the process namespace in which the number means something
    host TEXT NOT NULL,
    -- ms since the epoch
    seen INTEGER NOT NULL
  ) STRICT;

  -- kind 'photo': its file is being read; 'content': its feature is being computed
  CREATE TABLE claims (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    owner INTEGER NOT NULL REFERENCES claim_owners ON DELETE CASCADE,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_by_owner ON claims (owner);
  `,
  // Issue 12.
  `
  -- FEATURES AND REGIONS: stored in fewer bytes
  -- how data is written; 0: numbers in half precision, bytes as they are; 1: models/files/packed-features.ts, packed-bytes.ts.
  -- Rows of earlier versions are written anew in the background (packing.ts).
  ALTER TABLE features ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE regions ADD COLUMN packed INTEGER NOT NULL DEFAULT 0;

  -- since when a captioned photo's file is missing (ms since the epoch; NULL: it was there when that was looked at)
  ALTER TABLE dataset_photos ADD COLUMN missing INTEGER;

  -- of a model [directions, dimensions], in half precision: orthonormal, the directions in which embeddings of regions differ
  -- most from those of their photos
  CREATE TABLE region_directions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL UNIQUE,
    count INTEGER NOT NULL,
    data BLOB NOT NULL
  ) STRICT;
  -- data holds the differences from the photo's embedding, along these directions; NULL: the whole embeddings
  ALTER TABLE region_embeddings ADD COLUMN directions INTEGER;
  -- how far the background is; the setting is deleted when it has done all
  INSERT OR REPLACE INTO settings (key, value) SELECT 'features-packed', '0' WHERE EXISTS (SELECT 1 FROM features);
  INSERT OR REPLACE INTO settings (key, value) SELECT 'embeddings-packed', '0' WHERE EXISTS (SELECT 1 FROM embeddings);

  -- EMBEDDINGS: stored in fewer bytes

  -- PICTURES: what is shown of a photo before its thumbnail is there
  -- a ThumbHash (https://evanw.github.io/thumbhash/) of about 25 bytes; a table of its own, because contents is read whole at the start
  CREATE TABLE previews (
    content INTEGER PRIMARY KEY REFERENCES contents ON DELETE CASCADE,
    data BLOB NOT NULL
  ) STRICT;
  `,
];
