import { afterEach, describe, expect, test, vi } from 'vitest';
import { openEngine } from '../../models/engine/index.ts';

/** What `openEngine` finds when a package throws as it loads, as a native library does on a system it was not built for. */
function broken(...packages: string[]): void {
  for (const name of packages) {
    vi.doMock(name, () => {
      throw new Error(`libfoo.so.1: cannot open shared object file`);
    });
  }
}

afterEach(() => {
  vi.doUnmock('onnxruntime-node');
  vi.doUnmock('@tensorflow/tfjs-backend-wasm');
  vi.doUnmock('@tensorflow/tfjs-node');
  vi.resetModules();
});

describe('the choice of the engine', () => {
  test('is ONNX Runtime, silently', async () => {
    const onFallback = vi.fn();
    const engine = await openEngine(undefined, { threads: 2, onFallback });
    expect(engine.name).toBe('onnx');
    expect(engine.description).toMatch(/^ONNX Runtime \d+\.\d+\.\d+, CPU, 2 threads$/);
    expect(onFallback).not.toHaveBeenCalled();
  });

  test('is TensorFlow.js when the user asks for it', async () => {
    const onFallback = vi.fn();
    const engine = await openEngine('tensorflow', { onFallback });
    expect(engine.name).toBe('tensorflow');
    expect(engine.description).toMatch(/^TensorFlow\.js 4\.\d+\.\d+, (WebAssembly|tfjs-node)$/);
    expect(onFallback).not.toHaveBeenCalled();
  });

  test('falls back to TensorFlow.js, with the reason, where ONNX Runtime does not load', async () => {
    broken('onnxruntime-node');
    const onFallback = vi.fn();
    const engine = await openEngine(undefined, { onFallback });
    expect(engine.name).toBe('tensorflow');
    expect(onFallback).toHaveBeenCalledOnce();
    expect(onFallback.mock.calls[0]![0]).toMatch(/ONNX Runtime cannot be loaded .*TensorFlow\.js is used instead/s);
  });

  test('is not taken from a user who named the engine', async () => {
    broken('onnxruntime-node');
    await expect(openEngine('onnx')).rejects.toMatchObject({ code: 'engine-unavailable' });
  });

  test('ends in a plain message where neither loads', async () => {
    broken('onnxruntime-node', '@tensorflow/tfjs-backend-wasm');
    await expect(openEngine()).rejects.toMatchObject({
      code: 'engine-unavailable',
      message: expect.stringMatching(/TensorFlow\.js cannot be loaded .*Install Descry again/s) as string,
    });
  });

  test('says why an installed tfjs-node is passed over', async () => {
    broken('@tensorflow/tfjs-node');
    const onFallback = vi.fn();
    const engine = await openEngine('tensorflow', { onFallback });
    expect(engine.description).toContain('WebAssembly');
    expect(onFallback.mock.calls[0]![0]).toContain('tfjs-node');
  });
});
