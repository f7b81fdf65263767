/** Opens the engine: ONNX Runtime, or TensorFlow.js on machines where ONNX Runtime cannot load. */
import { DescryError, errorMessage } from '../errors.ts';
import type { Engine, EngineName } from './engine.ts';
import { openOnnxEngine } from './onnx.ts';
import { openTensorFlowEngine } from './tensorflow.ts';

export interface EngineOptions {
  /** threads of one run, ONNX Runtime only; default: one for each physical core */
  readonly threads?: number;
  /** called with a sentence for the user when a slower engine is used instead */
  readonly onFallback?: (reason: string) => void;
}

/**
 * @param preferred the user's choice, without fallback; absent: ONNX Runtime, with TensorFlow.js as fallback
 * @throws DescryError `engine-unavailable` when the chosen engine, or any engine, cannot be loaded
 */
export async function openEngine(preferred?: EngineName, options: EngineOptions = {}): Promise<Engine> {
  if (preferred === 'tensorflow') return openTensorFlow(options);
  try {
    return await openOnnxEngine(options.threads === undefined ? {} : { threads: options.threads });
  } catch (error) {
    const reason = `ONNX Runtime cannot be loaded (${errorMessage(error)})`;
    if (preferred === 'onnx') {
      throw new DescryError('engine-unavailable', `${reason}. Install Descry again, or choose the other engine.`, {
        cause: error,
        parameters: { otherEngine: 'tensorflow' },
      });
    }
    options.onFallback?.(`${reason}; TensorFlow.js is used instead, which is much slower.`);
    return openTensorFlow(options);
  }
}

async function openTensorFlow({ onFallback }: EngineOptions): Promise<Engine> {
  try {
    return await openTensorFlowEngine(onFallback ? { onSlower: onFallback } : {});
  } catch (error) {
    throw new DescryError(
      'engine-unavailable',
      `TensorFlow.js cannot be loaded (${errorMessage(error)}). Install Descry again.`,
      { cause: error },
    );
  }
}
