/**
 * Keeps answers in the order of their questions: each request takes a number, and an answer counts only if no answer
 * to a later request has been accepted. (Older answers that arrive first are shown: they show progress while one types.)
 */
export class SequenceGuard {
  #issued = 0;
  #accepted = 0;

  issue(): number {
    return ++this.#issued;
  }

  /** False when a later answer is already shown; otherwise the answer is taken as shown. */
  accept(ticket: number): boolean {
    if (ticket <= this.#accepted) return false;
    this.#accepted = ticket;
    return true;
  }

  /** Answers to everything asked so far are no longer wanted. */
  dismissAll(): void {
    this.#accepted = this.#issued;
  }

  /** Nothing later has been asked. */
  isNewest(ticket: number): boolean {
    return ticket === this.#issued;
  }
}
