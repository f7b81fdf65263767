/** @param nameOf the wished name for 1, and others for 2, 3, … @returns the first one that is not taken */
export function firstFree(nameOf: (n: number) => string, isTaken: (name: string) => boolean): string {
  for (let n = 1; ; n++) {
    const name = nameOf(n);
    if (!isTaken(name)) return name;
  }
}
