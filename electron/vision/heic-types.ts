/** What is asked of a thread that decodes HEIC files, and what it answers. */

export interface HeicRequest {
  readonly bytes: Uint8Array;
  /** what is wanted: undefined for the file's information only */
  readonly picture?: {
    /** `shortest`, `longest`: the side that must have at least `pixels`, so that the photo may be reduced on the way */
    readonly side: 'shortest' | 'longest';
    readonly pixels: number;
  };
  readonly limits: {
    /** of the whole photo */
    readonly pixels: number;
    /** of a photo, or of a part of it, that has to be decoded at once */
    readonly pixelsAtOnce: number;
    readonly items: number;
  };
}

export interface HeicInformation {
  /** as shown: cropped and upright */
  readonly width: number;
  readonly height: number;
  readonly icc: Uint8Array | undefined;
  readonly exif: Uint8Array | undefined;
  readonly xmp: Uint8Array | undefined;
  /** coded with HEVC, or derived of other pictures in the file; false: with AV1 or another coding */
  readonly hevc: boolean;
}

export interface HeicPicture {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  /** upright, in the file's own colour space */
  readonly data: Uint8Array;
  /** the share of the photo that could not be decoded, 0 to 1: it is grey */
  readonly missing: number;
  /** parts of it were decoded from data that has a gap, and show something else */
  readonly gaps: boolean;
}

export type HeicProblem = 'unreadable' | 'truncated' | 'too-large' | 'unsupported';
export type HeicAnswer =
  | { readonly information: HeicInformation; readonly picture: HeicPicture | undefined }
  | { readonly problem: HeicProblem; readonly text: string };

export interface HeicReply {
  readonly answer: HeicAnswer;
  /** of the thread's WebAssembly, in bytes */
  readonly memory: number;
}

/** The parts of libheif-js that are used. Pointers are numbers. */
export interface LibHeif {
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  readonly HEAPU32: Uint32Array;
  readonly [functionName: `_${string}`]: (...values: number[]) => number;
}
