/** A graph of an added encoder cannot be loaded or computed, or gives no embeddings. */
import { DescryError, type DescryErrorOptions } from '../errors.ts';

interface GraphFaultOptions extends Omit<DescryErrorOptions, 'parameters'> {
  /** what the user can do */
  readonly advice: string;
  readonly isMemory?: boolean;
}

export class GraphFault extends DescryError {
  /** path of the graph */
  readonly file: string;
  /** what is wrong with it, as what follows its name: "gives only zeros" */
  readonly reason: string;
  readonly advice: string;
  /** the system had no memory for it */
  readonly isMemory: boolean;

  constructor(
    title: string,
    file: string,
    reason: string,
    { advice, isMemory = false, ...options }: GraphFaultOptions,
  ) {
    super('encoder-invalid', `${title}: ${file} ${reason}. ${advice}`, { ...options, parameters: { file } });
    this.file = file;
    this.reason = reason;
    this.advice = advice;
    this.isMemory = isMemory;
  }
}
