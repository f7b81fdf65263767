/**
 * What an ONNX file says of itself, read without loading it: inputs and outputs, the sets of operators, and whether its weights lie in
 * other files. A file that a user got from somewhere is looked at here before native code reads it.
 *
 * Only the fields of onnx.proto3 that are named below are read; the weights are passed over, so that a file of 350 MB takes some
 * hundred small reads.
 */
import type { FileHandle } from 'node:fs/promises';
import { openRegularFile } from '../files/regular-file.ts';
import { dataTypes, type DataType } from './proto.ts';

export interface TensorDescription {
  readonly name: string;
  /** null: one that is not named in proto.ts, or no tensor */
  readonly type: DataType | null;
  /** null: unknown; a number is a fixed size */
  readonly shape: readonly (number | null)[] | null;
}

export interface GraphDescription {
  readonly inputs: readonly TensorDescription[];
  readonly outputs: readonly TensorDescription[];
  /** of the operators; '' is ONNX's own */
  readonly domains: readonly string[];
  /** names of files with weights beside this one */
  readonly externalFiles: readonly string[];
}

/** The file is not an ONNX graph. The message is the end of a sentence. */
export class NoGraph extends Error {
  override readonly name = 'NoGraph';
}

/** Fields with other messages inside, by number. */
interface Message {
  readonly name: string;
  readonly messages?: Readonly<Record<number, () => Message>>;
  /** fields with a text */
  readonly texts?: readonly number[];
  /** fields with a whole number */
  readonly numbers?: readonly number[];
}

const entry: Message = { name: 'entry', texts: [1, 2] };
const tensor: Message = { name: 'tensor', messages: { 13: () => entry }, texts: [8], numbers: [14] };
const sparse: Message = { name: 'sparse', messages: { 1: () => tensor, 2: () => tensor } };
const dimension: Message = { name: 'dimension', numbers: [1] };
const shape: Message = { name: 'shape', messages: { 1: () => dimension } };
const tensorType: Message = { name: 'tensorType', messages: { 2: () => shape }, numbers: [1] };
const type: Message = { name: 'type', messages: { 1: () => tensorType } };
const value: Message = { name: 'value', messages: { 2: () => type }, texts: [1] };
const attribute: Message = {
  name: 'attribute',
  messages: { 5: () => tensor, 6: () => graph, 10: () => tensor, 11: () => graph, 22: () => sparse, 23: () => sparse },
};
const node: Message = { name: 'node', messages: { 5: () => attribute }, texts: [7] };
const graph: Message = {
  name: 'graph',
  messages: { 1: () => node, 5: () => tensor, 11: () => value, 12: () => value, 15: () => sparse },
};
const operator: Message = { name: 'function', messages: { 7: () => node, 11: () => attribute } };
const training: Message = { name: 'training', messages: { 1: () => graph, 2: () => graph } };
const model: Message = {
  name: 'model',
  messages: { 7: () => graph, 20: () => training, 25: () => operator },
  numbers: [1],
};

/** What was read of a message. */
interface Found {
  readonly messages: Map<number, Found[]>;
  readonly texts: Map<number, string>;
  readonly numbers: Map<number, number>;
}

/** A graph of ViT-B/32 has about 1,000 operators; each message of one costs memory here. */
const mostMessages = 2_000_000;
/** of all messages, whether they are used or not: a file that is no graph may have one in each two bytes */
const mostFields = 20_000_000;
/** A message of protocol buffers has 2 GiB at most. */
const largestGraph = 2 ** 31;
const deepest = 24;
const longestText = 4096;
const pieceBytes = 1 << 16;

/** @throws NoGraph; FileRefused and system errors of opening the file */
export async function inspectGraph(file: string): Promise<GraphDescription> {
  const { handle, found } = await openRegularFile(file);
  try {
    // Before anything of it is read: a file of many gigabytes may be one by mistake, or have no bytes on the disk.
    requireGraphSize(found.size);
    const reader = new Reader(handle, found.size);
    const whole = await readMessage(reader, model, found.size, 0, { messages: 0, fields: 0 });
    if (!whole.messages.has(7)) throw new NoGraph('it is not an ONNX graph');
    return describe(whole);
  } finally {
    await handle.close();
  }
}

/** @throws NoGraph where no graph of one file has so many bytes */
export function requireGraphSize(bytes: number): void {
  if (bytes <= largestGraph) return;
  throw new NoGraph(
    `it has ${(bytes / 1e9).toFixed(1)} GB, and a graph of one file has ${(largestGraph / 1e9).toFixed(1)} GB at most`,
  );
}

function describe(whole: Found): GraphDescription {
  const graphs = whole.messages.get(7)!;
  const parts = (number: number) => graphs.flatMap((one) => one.messages.get(number) ?? []);
  // files of early versions list their weights among the inputs
  const weights = new Set(parts(5).map(({ texts }) => texts.get(8)));
  const domains = new Set<string>();
  const externalFiles = new Set<string>();
  const collect = (found: Found, of: Message): void => {
    if (of === node) domains.add(found.texts.get(7) ?? '');
    if (of === tensor && (found.numbers.get(14) === 1 || found.messages.has(13))) {
      const location = found.messages.get(13)?.find(({ texts }) => texts.get(1) === 'location');
      externalFiles.add(location?.texts.get(2) ?? 'another file');
    }
    for (const [number, inner] of found.messages) for (const one of inner) collect(one, of.messages![number]!());
  };
  collect(whole, model);
  return {
    inputs: parts(11)
      .map(tensorOf)
      .filter(({ name }) => !weights.has(name)),
    outputs: parts(12).map(tensorOf),
    domains: [...domains],
    externalFiles: [...externalFiles],
  };
}

const typeNames = new Map(Object.entries(dataTypes).map(([name, number]) => [number as number, name as DataType]));

function tensorOf(found: Found): TensorDescription {
  const [ofType] = found.messages.get(2) ?? [];
  const [ofTensor] = ofType?.messages.get(1) ?? [];
  const [ofShape] = ofTensor?.messages.get(2) ?? [];
  return {
    name: found.texts.get(1) ?? '',
    type: typeNames.get(ofTensor?.numbers.get(1) ?? 0) ?? null,
    shape: ofShape ? (ofShape.messages.get(1) ?? []).map(({ numbers }) => numbers.get(1) ?? null) : null,
  };
}

/** Protocol buffers: each field is its number and kind, then a number, 4 or 8 bytes, or a length and so many bytes. */
async function readMessage(
  reader: Reader,
  of: Message,
  end: number,
  depth: number,
  read: { messages: number; fields: number },
): Promise<Found> {
  if (depth > deepest) throw new NoGraph('its parts lie too deep in each other');
  if (++read.messages > mostMessages) throw new NoGraph('it has too many parts');
  const found: Found = { messages: new Map(), texts: new Map(), numbers: new Map() };
  while (reader.at < end) {
    const key = await reader.number();
    const [number, kind] = [Math.floor(key / 8), key % 8];
    if (number === 0) throw new NoGraph('it is not an ONNX graph');
    if (++read.fields > mostFields) throw new NoGraph('it has too many parts');
    if (kind === 0) {
      const content = await reader.number();
      if (of.numbers?.includes(number)) found.numbers.set(number, content);
    } else if (kind === 1 || kind === 5) {
      reader.skipTo(reader.at + (kind === 1 ? 8 : 4), end);
    } else if (kind === 2) {
      const length = await reader.number();
      const after = reader.at + length;
      if (after > end) throw cutShort();
      const inner = of.messages?.[number]?.();
      if (inner) {
        const content = await readMessage(reader, inner, after, depth + 1, read);
        const list = found.messages.get(number);
        if (list) list.push(content);
        else found.messages.set(number, [content]);
      } else if (of.texts?.includes(number)) {
        if (length > longestText) throw new NoGraph('a name in it is too long');
        found.texts.set(number, (await reader.bytes(length)).toString());
      } else reader.skipTo(after, end);
    } else throw new NoGraph('it is not an ONNX graph');
  }
  if (reader.at !== end) throw cutShort();
  return found;
}

const cutShort = () => new NoGraph('it is not an ONNX graph, or only a part of one');

/** Reads forward, a piece at a time. */
class Reader {
  readonly #handle: FileHandle;
  readonly #size: number;
  readonly #piece = Buffer.alloc(pieceBytes);
  #from = 0;
  #length = 0;
  at = 0;

  constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.#size = size;
  }

  skipTo(place: number, end: number): void {
    if (place > end) throw cutShort();
    this.at = place;
  }

  async bytes(count: number): Promise<Buffer> {
    const { buffer, offset } = await this.#ready(count);
    this.at += count;
    return buffer.subarray(offset, offset + count);
  }

  /** A whole number in 7 bits a byte, the lowest first; beyond 2⁵³ rounded, which no count or name in a graph is. */
  async number(): Promise<number> {
    let result = 0;
    for (let place = 0, scale = 1; place < 10; place++, scale *= 128) {
      const { buffer, offset } = await this.#ready(1);
      const byte = buffer[offset]!;
      this.at++;
      result += (byte % 128) * scale;
      if (byte < 128) return result;
    }
    throw new NoGraph('it is not an ONNX graph');
  }

  async #ready(count: number): Promise<{ buffer: Buffer; offset: number }> {
    if (this.at < this.#from || this.at + count > this.#from + this.#length) {
      if (this.at + count > this.#size) throw cutShort();
      this.#from = this.at;
      this.#length = (await this.#handle.read(this.#piece, 0, pieceBytes, this.at)).bytesRead;
      if (count > this.#length) throw cutShort();
    }
    return { buffer: this.#piece, offset: this.at - this.#from };
  }
}
