/**
 * The row of each photo, by its id. A Map of 1,000,000 numbers takes 50 MB and a second to fill; this takes 4 MB. Ids lie close
 * together, but a library that somebody else made may have any, so that numbers are kept in pages.
 */
const bits = 12;
const pageSize = 1 << bits;
const none = -1;

export class IdRows {
  readonly #pages = new Map<number, Int32Array>();
  /** the page that was used last: photos are mostly looked up in the order of their ids */
  #number = -1;
  #page: Int32Array = new Int32Array();

  get(id: number): number | undefined {
    const page = this.#find(id);
    const row = page?.[id & (pageSize - 1)];
    return row === undefined || row === none ? undefined : row;
  }

  /** @param row 0 or more */
  set(id: number, row: number): void {
    let page = this.#find(id);
    if (!page) {
      page = new Int32Array(pageSize).fill(none);
      this.#pages.set(id >> bits, page);
    }
    page[id & (pageSize - 1)] = row;
  }

  delete(id: number): void {
    const page = this.#find(id);
    if (page) page[id & (pageSize - 1)] = none;
  }

  #find(id: number): Int32Array | undefined {
    const number = id >> bits;
    if (number === this.#number) return this.#page;
    const page = this.#pages.get(number);
    if (page) {
      this.#number = number;
      this.#page = page;
    }
    return page;
  }
}
