/** Failures of what the user asked for are shown. */
import { asBridgeError } from '../base/api.ts';
import { errorText } from '../base/errors.ts';
import { toasts } from '../ui/toasts.svelte.ts';

/**
 * Runs something that may fail; a failure is shown as a toast, and the answer is undefined.
 * @param onShown is given the number of the toast
 */
export async function attempt<T>(
  work: () => Promise<T>,
  onShown: (toast: number) => void = () => undefined,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const failure = asBridgeError(error);
    if (failure.code !== 'cancelled') onShown(toasts.show(errorText(failure), 'error'));
    return undefined;
  }
}
