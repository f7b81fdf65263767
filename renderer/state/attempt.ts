/** Runs something that may fail; a failure is shown as a toast, and the answer is undefined. */
import { asBridgeError } from '../base/api.ts';
import { errorText } from '../base/errors.ts';
import { toasts } from '../ui/toasts.svelte.ts';

export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const failure = asBridgeError(error);
    if (failure.code !== 'cancelled') toasts.show(errorText(failure), 'error');
    return undefined;
  }
}
