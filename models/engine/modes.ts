/**
 * How the photo side of an encoder is computed on a machine. Whatever the mode, the features have the same version: they are
 * close enough to be compared with each other, so that a library may hold features of several modes, and a change of mode
 * computes nothing again. A mode whose features are not close is not used (models/mode-trial.ts).
 */

/** Graphics providers of ONNX Runtime: Apple's CoreML, Microsoft's DirectML, WebGPU. */
export const graphicsProviders = ['coreml', 'dml', 'webgpu'] as const;
export type GraphicsProvider = (typeof graphicsProviders)[number];

/**
 * `float`: on the processor, in floats of 32 bits. `8-bit`: on the processor, in integers. The others: by a
 * graphics provider, in floats.
 */
export const photoModes = ['float', '8-bit', ...graphicsProviders] as const;
export type PhotoMode = (typeof photoModes)[number];

/** Whether a mode needs the driver of another processor. */
export const isGraphics = (mode: PhotoMode): mode is GraphicsProvider =>
  graphicsProviders.some((provider) => provider === mode);

/** Photos of one inference. More are not faster on a processor, and take more memory and longer to answer. */
export const photosPerRun = 4;

/** What a trial of a mode on this machine found. */
export interface ModeTrial {
  readonly mode: PhotoMode;
  /** photos a second, as a multiple of those of `float` in the same trial */
  readonly speed: number;
  /** least cosine of its features with those of `float` */
  readonly agreement: number;
}

/** Least cosine of features that stand in for those of `float`. */
export const leastAgreement = 0.99;
/** So much faster than the next slower one a mode has to be: a smaller difference may be chance, and `float` is exact. */
export const leastGain = 1.2;

/** @returns the fastest mode that agrees; `float` unless another is clearly faster, and a processor mode unless graphics is */
export function fastestMode(trials: readonly ModeTrial[]): PhotoMode {
  let best: Pick<ModeTrial, 'mode' | 'speed'> = { mode: 'float', speed: 1 };
  // in the order of photoModes: the processor's first
  for (const mode of photoModes) {
    const trial = trials.find((one) => one.mode === mode);
    if (trial && trial.agreement >= leastAgreement && trial.speed >= best.speed * leastGain) best = trial;
  }
  return best.mode;
}
