/** Reads a text file line by line, however long it is: memory is that of one piece and of the longest line that is allowed. */
import type { FileHandle } from 'node:fs/promises';

export interface Line {
  /** from 1 */
  readonly number: number;
  /** without its end, which is \n, \r\n or \r */
  readonly text: string;
}

export interface LineOptions {
  /** UTF-16 code units of a line; a longer one is an error */
  readonly longest: number;
  readonly signal?: AbortSignal | undefined;
  /** after each piece, with the bytes so far */
  readonly onProgress?: (doneBytes: number) => void;
}

/** The message names the line and the limit. */
export class LineTooLong extends RangeError {}

/** Bytes of one read call. Between two pieces other work of the process gets its turn. */
const pieceBytes = 256 * 1024;

/**
 * The lines of UTF-8 text, a piece of the file at a time; a byte order mark is left out. The caller closes the handle.
 * @throws LineTooLong; a system error; the signal's reason
 */
export async function* readLines(
  handle: FileHandle,
  { longest, signal, onProgress }: LineOptions,
): AsyncGenerator<readonly Line[]> {
  const piece = Buffer.alloc(pieceBytes);
  const decoder = new TextDecoder('utf-8');
  const lines = new Lines(longest);
  for (let done = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(piece, 0, piece.length, null);
    done += bytesRead;
    const found =
      bytesRead === 0
        ? [...lines.add(decoder.decode()), ...lines.end()]
        : lines.add(decoder.decode(piece.subarray(0, bytesRead), { stream: true }));
    if (found.length > 0) yield found;
    onProgress?.(done);
    if (bytesRead === 0) return;
  }
}

/** The lines of a text. @throws LineTooLong */
export function linesOf(text: string, longest: number): Line[] {
  const lines = new Lines(longest);
  return [...lines.add(text), ...lines.end()];
}

/** Cuts pieces of text into lines; a line may go on in the next piece. */
class Lines {
  readonly #longest: number;
  #number = 0;
  #rest = '';

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** @returns the lines that have ended */
  add(piece: string): Line[] {
    const lines: Line[] = [];
    const text = this.#rest + piece;
    let start = 0;
    for (;;) {
      const end = this.#endOfLine(text, start);
      if (end < 0) break;
      lines.push(this.#line(text.slice(start, end)));
      start = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
    }
    this.#rest = text.slice(start);
    // A line that goes on and on is refused before it is all in memory; its \r may wait for a \n.
    if (this.#rest.length > this.#longest + 1) this.#line(this.#rest);
    return lines;
  }

  /** @returns the last line, where it has no end */
  end(): Line[] {
    const text = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest;
    const last = this.#rest === '' ? [] : [this.#line(text)];
    this.#rest = '';
    return last;
  }

  /** The place of the next end; −1 where there is none yet: after a \r at the end of the piece, a \n may follow. */
  #endOfLine(text: string, from: number): number {
    for (let i = from; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === 10) return i;
      if (unit === 13) return i + 1 < text.length ? i : -1;
    }
    return -1;
  }

  #line(text: string): Line {
    const number = ++this.#number;
    if (text.length > this.#longest) {
      throw new LineTooLong(`line ${number} is longer than ${this.#longest.toLocaleString('en')} characters`);
    }
    return { number, text };
  }
}
