/** What is wrong with a file of JSON whose form is known. */
import type { ZodError } from 'zod';

/** @param what a part of it is called @returns the end of a sentence: "its entry size is missing or wrong" */
export function wrongPart({ issues }: ZodError, what: string): string {
  const name = issues[0]?.path.join('.') ?? '';
  return name === ''
    ? 'it is JSON, but not an object with what belongs there'
    : `its ${what} ${name} is missing or wrong`;
}
