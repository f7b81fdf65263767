import { fromHalf, toHalf } from '../../models/half.ts';
import type { Database } from './database.ts';

/** What decoding tells about a photo besides its pixels. */
export interface ContentInformation {
  /** upright, in pixels */
  readonly width: number;
  readonly height: number;
  /** the camera's clock, ms since the epoch */
  readonly taken: number | null;
  readonly camera: string | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export interface SearchablePhoto {
  readonly photo: number;
  readonly content: number;
  /** width / height, upright */
  readonly aspect: number;
  readonly embedding: Float32Array;
}

const withoutEmbedding = `
  FROM features f LEFT JOIN embeddings e ON e.model = ? AND e.content = f.content
  WHERE f.encoder = ? AND e.content IS NULL AND EXISTS (SELECT 1 FROM photos p WHERE p.content = f.content)`;

/** Contents and what is cached of them: one feature per encoder, one embedding per model, in half precision. */
export class Contents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns the content's id, made where the hash is new */
  ensure(hash: Uint8Array): number {
    const known = this.byHash(hash);
    if (known !== undefined) return known;
    return Number(this.#database.prepare('INSERT INTO contents (hash) VALUES (?)').run(hash).lastInsertRowid);
  }

  byHash(hash: Uint8Array): number | undefined {
    return this.#database.prepare<[Uint8Array], number>('SELECT id FROM contents WHERE hash = ?').pluck().get(hash);
  }

  describe(content: number, information: ContentInformation): void {
    this.#database
      .prepare(
        `UPDATE contents SET width = @width, height = @height, taken = @taken, camera = @camera,
         latitude = @latitude, longitude = @longitude WHERE id = @content`,
      )
      .run({ ...information, content });
  }

  feature(content: number, encoder: string): Float32Array | undefined {
    const data = this.#database
      .prepare<[number, string], Buffer>('SELECT data FROM features WHERE content = ? AND encoder = ?')
      .pluck()
      .get(content, encoder);
    return data && halves(data);
  }

  hasFeature(content: number, encoder: string): boolean {
    return (
      this.#database
        .prepare<[number, string], number>('SELECT 1 FROM features WHERE content = ? AND encoder = ?')
        .pluck()
        .get(content, encoder) === 1
    );
  }

  setFeature(content: number, encoder: string, feature: Float32Array): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO features (content, encoder, data) VALUES (?, ?, ?)')
      .run(content, encoder, bytes(feature));
  }

  setEmbedding(content: number, model: string, embedding: Float32Array): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO embeddings (model, content, data) VALUES (?, ?, ?)')
      .run(model, content, bytes(embedding));
  }

  embedding(content: number, model: string): Float32Array | undefined {
    const data = this.#database
      .prepare<[string, number], Buffer>('SELECT data FROM embeddings WHERE model = ? AND content = ?')
      .pluck()
      .get(model, content);
    return data && halves(data);
  }

  /** Contents of library photos that have a feature of `encoder` but no embedding of `model`. */
  toProject(encoder: string, model: string, limit: number): number[] {
    return this.#database
      .prepare<[string, string, number], number>(`SELECT f.content ${withoutEmbedding} LIMIT ?`)
      .pluck()
      .all(model, encoder, limit);
  }

  toProjectCount(encoder: string, model: string): number {
    return this.#database
      .prepare<[string, string], number>(`SELECT count(*) ${withoutEmbedding}`)
      .pluck()
      .get(model, encoder)!;
  }

  /** What search needs of every photo; photos of equal content are listed each. The array is reused between rows. */
  *embeddings(model: string): IterableIterator<SearchablePhoto> {
    const rows = this.#database
      .prepare<[string], [number, number, number, Buffer]>(
        `SELECT p.id, e.content, coalesce(1.0 * c.width / c.height, 1.0), e.data
         FROM embeddings e CROSS JOIN contents c ON c.id = e.content CROSS JOIN photos p ON p.content = e.content
         WHERE e.model = ?`,
      )
      .raw()
      .iterate(model);
    let embedding = new Float32Array();
    for (const [photo, content, aspect, data] of rows) {
      if (embedding.length * 2 !== data.length) embedding = new Float32Array(data.length / 2);
      yield { photo, content, aspect, embedding: halves(data, embedding) };
    }
  }

  removeModel(model: string): void {
    this.#database.prepare('DELETE FROM embeddings WHERE model = ?').run(model);
  }
}

function bytes(values: Float32Array): Buffer {
  return Buffer.from(toHalf(values).buffer);
}

function halves(data: Buffer, out?: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const aligned = data.byteOffset % 2 === 0 ? data : Buffer.from(data);
  return fromHalf(new Uint16Array(aligned.buffer, aligned.byteOffset, data.length / 2), out);
}
