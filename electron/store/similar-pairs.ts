import type { Database } from './database.ts';

export interface ContentPair {
  readonly content: number;
  readonly other: number;
}

/** Contents whose features are similar. */
export interface SimilarPair extends ContentPair {
  /** of their features */
  readonly cosine: number;
}

/** A content whose feature is similar to that of another one. */
export interface Candidate {
  readonly content: number;
  readonly cosine: number;
}

/** A content that has a near-duplicate, with what the stacks are ordered by. */
export interface StackMember {
  readonly id: number;
  readonly pixels: number;
  readonly hash: Buffer;
  /** of one of its files */
  readonly path: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly camera: string | null;
}

/** A file of a group of duplicates. */
export interface DuplicateFile {
  readonly id: number;
  readonly content: number;
  readonly path: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

const inLibrary = (content: string) => `EXISTS (SELECT 1 FROM photos p WHERE p.content = ${content})`;
const notCompared = `
  FROM features f LEFT JOIN compared c ON c.content = f.content AND c.encoder = f.encoder
  WHERE f.encoder = @encoder AND c.content IS NULL AND ${inLibrary('f.content')}`;
const files = `
  SELECT p.id, p.content, p.path, p.bytes, c.width, c.height
  FROM photos p JOIN contents c ON c.id = p.content LEFT JOIN failures f ON f.photo = p.id
  WHERE c.width IS NOT NULL AND f.photo IS NULL`;

/** Which contents resemble each other. All of it belongs to contents, and is deleted with them. */
export class SimilarPairs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Contents of the library that have a feature of `encoder` and have not been compared by it, lowest id first. */
  toCompare(encoder: string, limit: number, after = 0): number[] {
    return this.#database
      .prepare<[object], number>(
        `SELECT f.content ${notCompared} AND f.content > @after ORDER BY f.content LIMIT @limit`,
      )
      .pluck()
      .all({ encoder, after, limit });
  }

  toCompareCount(encoder: string): number {
    return this.#database.prepare<[object], number>(`SELECT count(*) ${notCompared}`).pluck().get({ encoder })!;
  }

  /** Whether a content of the library has features, but has not been compared by any of them. */
  hasToCompare(): boolean {
    const sql = `SELECT 1 FROM features f LEFT JOIN compared c ON c.content = f.content
      WHERE c.content IS NULL AND ${inLibrary('f.content')} LIMIT 1`;
    return this.#database.prepare<[], number>(sql).pluck().get() === 1;
  }

  /** Contents of the library that were not compared by any features. */
  uncomparedCount(): number {
    return this.#database
      .prepare<[], number>(
        `SELECT count(*) FROM contents k WHERE ${inLibrary('k.id')}
           AND EXISTS (SELECT 1 FROM features f WHERE f.content = k.id)
           AND NOT EXISTS (SELECT 1 FROM compared c WHERE c.content = k.id)`,
      )
      .pluck()
      .get()!;
  }

  /** Key of features that contents were compared by; undefined: none was. */
  comparedBy(): string | undefined {
    return this.#database.prepare<[], string>('SELECT encoder FROM compared LIMIT 1').pluck().get();
  }

  /** How many sketches `sketches` reads. */
  comparedCount(encoder: string): number {
    return this.#database
      .prepare<[string], number>('SELECT count(*) FROM compared WHERE encoder = ?')
      .pluck()
      .get(encoder)!;
  }

  /** The sketch is damaged: the content is compared again. */
  forgetSketch(content: number): void {
    this.#database.prepare('DELETE FROM compared WHERE content = ?').run(content);
  }

  sketches(encoder: string, limit: number, after = 0): { content: number; sketch: Int8Array }[] {
    return this.#database
      .prepare<[string, number, number], { content: number; sketch: Buffer }>(
        'SELECT content, sketch FROM compared WHERE encoder = ? AND content > ? ORDER BY content LIMIT ?',
      )
      .all(encoder, after, limit)
      .map(({ content, sketch }) => ({ content, sketch: new Int8Array(sketch) }));
  }

  /** Notes that a content has been compared, and which contents it may be a near-duplicate of. */
  setCompared(content: number, encoder: string, sketch: Int8Array, candidates: readonly Candidate[]): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO compared (content, encoder, sketch) SELECT id, ?, ? FROM contents WHERE id = ?')
      .run(encoder, Buffer.from(sketch.buffer), content);
    const add = this.#database.prepare(
      `INSERT OR IGNORE INTO similar_pairs (content, other, cosine)
       SELECT a.id, b.id, ? FROM contents a JOIN contents b ON b.id = ? WHERE a.id = ?`,
    );
    for (const other of candidates) {
      add.run(other.cosine, Math.max(content, other.content), Math.min(content, other.content));
    }
  }

  /** Pairs of the library whose pixels have not been compared. */
  toVerify(limit: number, { content, other }: ContentPair = { content: 0, other: 0 }): SimilarPair[] {
    return this.#database
      .prepare<[object], SimilarPair>(
        `SELECT content, other, cosine FROM similar_pairs s
         WHERE near IS NULL AND (content, other) > (@content, @other)
           AND ${inLibrary('s.content')} AND ${inLibrary('s.other')}
         ORDER BY content, other LIMIT @limit`,
      )
      .all({ content, other, limit });
  }

  setNear({ content, other }: ContentPair, near: boolean): void {
    this.#database
      .prepare('UPDATE similar_pairs SET near = ? WHERE content = ? AND other = ?')
      .run(near ? 1 : 0, content, other);
  }

  picture(content: number): Uint8Array | undefined {
    return this.#database
      .prepare<[number], Buffer>('SELECT data FROM grey_pictures WHERE content = ?')
      .pluck()
      .get(content);
  }

  setPicture(content: number, picture: Uint8Array): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO grey_pictures (content, data) SELECT id, ? FROM contents WHERE id = ?')
      .run(picture, content);
  }

  /** Near-duplicates of which the library has both, and all contents that are part of such a pair. */
  near(): { pairs: ContentPair[]; members: StackMember[] } {
    const both = `near = 1 AND ${inLibrary('s.content')} AND ${inLibrary('s.other')}`;
    return this.#database.snapshot(() => ({
      pairs: this.#database.prepare<[], ContentPair>(`SELECT content, other FROM similar_pairs s WHERE ${both}`).all(),
      members: this.#database
        .prepare<[], StackMember>(
          `SELECT id, coalesce(width * height, 0) AS pixels, hash, width, height, camera,
             (SELECT min(p.path) FROM photos p WHERE p.content = contents.id) AS path
           FROM contents WHERE id IN (
             SELECT content FROM similar_pairs s WHERE ${both} UNION SELECT other FROM similar_pairs s WHERE ${both})`,
        )
        .all(),
    }));
  }

  /** Files whose content another file of the library has, too; those of a content follow each other. */
  copies(): DuplicateFile[] {
    return this.#database
      .prepare<[], DuplicateFile>(
        `${files} AND p.content IN (SELECT content FROM photos GROUP BY content HAVING count(*) > 1)
         ORDER BY p.content, p.id`,
      )
      .all();
  }

  /** The files of a content. */
  filesOf(content: number): DuplicateFile[] {
    return this.#database.prepare<[number], DuplicateFile>(`${files} AND p.content = ? ORDER BY p.id`).all(content);
  }
}
