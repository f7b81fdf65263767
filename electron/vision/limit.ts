/** Runs at most `width` tasks at a time, in the order they came. */
export type Limit = <T>(task: () => Promise<T>) => Promise<T>;

export function limit(width: number): Limit {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= width) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
