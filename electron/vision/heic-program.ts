/**
 * The program of a thread that decodes HEIC files with libheif in WebAssembly (libheif-js), by libheif's C interface:
 * https://github.com/strukturag/libheif/blob/master/libheif/api/libheif/heif.h
 *
 * libheif-js's own interface decodes the whole photo into memory several times over, writes its complaints to stdout, and
 * does not say which tiles are missing.
 */
import type { parentPort as ParentPort } from 'node:worker_threads';
import type { shownPart, withoutCrop } from './heic-transformations.ts';
import type {
  HeicAnswer,
  HeicInformation,
  HeicPicture,
  HeicProblem,
  HeicReply,
  HeicRequest,
  LibHeif,
} from './heic-types.ts';

/**
 * Runs in the thread: its text is the thread's program, so it must not use anything outside of itself.
 *
 * @param load libheif-js's module
 */
export function heicProgram(
  parentPort: NonNullable<typeof ParentPort>,
  load: (options: object) => LibHeif,
  shown: typeof shownPart,
  widen: typeof withoutCrop,
): void {
  // Its complaints are in its errors, too. stdout belongs to the program's results.
  const nothing = () => undefined;
  const lib = load({ print: nothing, printErr: nothing });
  const [rgb, rgbInterleaved, rgbaInterleaved, interleaved] = [1, 10, 11, 10] as const; // heif_colorspace, heif_chroma, heif_channel
  const missingCode = { memory: 6, unsupported: 4, noPlugin: 11, decoder: 7 } as const; // heif_error_code
  const endOfData = 100; // heif_suberror_End_of_data

  class Problem extends Error {
    readonly problem: HeicProblem;
    constructor(problem: HeicProblem, text: string) {
      super(text);
      this.problem = problem;
    }
  }

  const text = (at: number) => {
    let end = at;
    while (lib.HEAPU8[end]) end++;
    return new TextDecoder().decode(lib.HEAPU8.slice(at, end));
  };

  /** Memory and objects of libheif, released at the end of a photo. */
  function decode({ bytes, picture, limits }: HeicRequest): Exclude<HeicAnswer, { problem: unknown }> {
    const releases: (() => void)[] = [];
    const allocate = (size: number) => {
      const at = lib['_malloc']!(size);
      if (!at) throw new Problem('too-large', `The decoder has no memory for ${size} bytes`);
      releases.push(() => lib['_free']!(at));
      lib.HEAPU8.fill(0, at, at + size);
      return at;
    };
    const number = (at: number) => lib.HEAPU32[at >> 2]!;
    try {
      const result = allocate(16);
      /** Calls a function that answers by a heif_error, whose place is the first argument. */
      const call = (name: string, ...values: number[]) => {
        lib[`_${name}`]!(result, ...values);
        const [code, detail] = [lib.HEAP32[result >> 2]!, lib.HEAP32[(result >> 2) + 1]!];
        return code === 0 ? undefined : { code, detail, text: text(number(result + 8)) };
      };
      const must = (name: string, ...values: number[]) => {
        const error = call(name, ...values);
        if (!error) return;
        const problem =
          error.code === missingCode.unsupported || error.code === missingCode.noPlugin
            ? 'unsupported'
            : error.code === missingCode.memory
              ? 'too-large'
              : error.detail === endOfData
                ? 'truncated'
                : 'unreadable';
        throw new Problem(problem, error.text);
      };
      const output = allocate(64);

      // kept by libheif without a copy
      const file = allocate(bytes.length);
      lib.HEAPU8.set(bytes, file);
      const openFile = () => {
        const context = lib['_heif_context_alloc']!();
        releases.push(() => lib['_heif_context_free']!(context));
        // heif_security_limits: a version, then numbers of 64 and 32 bits
        const security = lib['_heif_context_get_security_limits']!(context);
        lib.HEAPU32[(security + 8) >> 2] = limits.pixels; // max_image_size_pixels
        lib.HEAPU32[(security + 12) >> 2] = 0;
        lib.HEAPU32[(security + 28) >> 2] = limits.items; // max_items
        must('heif_context_read_from_memory_without_copy', context, file, bytes.length, 0);
        must('heif_context_get_primary_image_handle', context, output);
        const handle = number(output);
        releases.push(() => lib['_heif_image_handle_release']!(handle));
        return { context, handle };
      };

      const fail = (reason: string): never => {
        throw new Problem('unreadable', reason);
      };
      const access = { lib, number, allocate, fail };
      let { context, handle } = openFile();
      const item = lib['_heif_image_handle_get_item_id']!(handle);
      const stored = {
        width: lib['_heif_image_handle_get_ispe_width']!(handle),
        height: lib['_heif_image_handle_get_ispe_height']!(handle),
      };
      if (!stored.width || !stored.height) throw new Problem('unreadable', 'It does not say how large the photo is');
      const view = shown(access, context, item, stored);
      const information: HeicInformation = {
        width: view.turned ? view.height : view.width,
        height: view.turned ? view.width : view.height,
        icc: colourProfile(handle),
        ...metadata(handle),
        hevc: hasHevc(),
      };
      if (!picture) return { information, picture: undefined };

      // libheif 1.23 refuses to decode a cropped photo: it takes the cropped size for the largest that is allowed. So the crop
      // is made without effect in the bytes.
      if (view.crops.length > 0) {
        for (const crop of view.crops) widen(access, file, bytes.length, item, crop);
        ({ context, handle } = openFile());
      }
      const options = lib['_heif_decoding_options_alloc']!();
      releases.push(() => lib['_heif_decoding_options_free']!(options));
      lib.HEAPU8[options + 1] = 1; // ignore_transformations
      return { information, picture: read() };

      function hasHevc() {
        const type = (id: number) => lib['_heif_item_get_item_type']!(context, id);
        if (type(item) !== 0x67726964) return [0x68766331, 0x696f766c, 0x6964656e].includes(type(item)); // hvc1, iovl, iden
        return (
          !call('heif_image_handle_get_grid_image_tile_id', handle, 0, 0, 0, output) &&
          type(number(output)) === 0x68766331
        );
      }

      function colourProfile(handle: number) {
        const size = lib['_heif_image_handle_get_raw_color_profile_size']!(handle);
        if (!size) return undefined;
        const at = allocate(size);
        return call('heif_image_handle_get_raw_color_profile', handle, at)
          ? undefined
          : lib.HEAPU8.slice(at, at + size);
      }

      function metadata(handle: number) {
        let [exif, xmp]: (Uint8Array | undefined)[] = [];
        const ids = allocate(4 * 64);
        const count = lib['_heif_image_handle_get_list_of_metadata_block_IDs']!(handle, 0, ids, 64);
        for (let i = 0; i < count; i++) {
          const id = number(ids + 4 * i);
          const size = lib['_heif_image_handle_get_metadata_size']!(handle, id);
          const type = text(lib['_heif_image_handle_get_metadata_type']!(handle, id));
          if (!size || (type !== 'Exif' && type !== 'mime')) continue;
          const at = allocate(size);
          if (call('heif_image_handle_get_metadata', handle, id, at)) continue;
          const data = lib.HEAPU8.slice(at, at + size);
          if (type === 'mime') {
            if (text(lib['_heif_image_handle_get_metadata_content_type']!(handle, id)) === 'application/rdf+xml')
              xmp ??= data;
          } else if (size > 4) {
            // exif_tiff_header_offset, ISO/IEC 23008-12 annex A.2.1
            const start = 4 + new DataView(data.buffer).getUint32(0);
            if (start < size) exif ??= data.slice(start);
          }
        }
        return { exif, xmp };
      }

      function read(): HeicPicture {
        // heif_image_tiling: version, columns, rows, width and height of a tile, of the photo
        const tiling = allocate(128);
        must('heif_image_handle_get_image_tiling', handle, 0, tiling);
        const [columns, rows, tileWidth, tileHeight] = [4, 8, 12, 16].map((at) => number(tiling + at)) as [
          number,
          number,
          number,
          number,
        ];
        const alpha = lib['_heif_image_handle_has_alpha_channel']!(handle) !== 0;
        // the transparency of a grid is another grid: both are decoded as a whole
        const tiled = columns * rows > 1 && !alpha;
        const pixelsAtOnce = tiled ? tileWidth * tileHeight : stored.width * stored.height;
        if (stored.width * stored.height > limits.pixels || pixelsAtOnce > limits.pixelsAtOnce) {
          const megapixels = (pixels: number) => Math.round(pixels / 1e6);
          const at = stored.width * stored.height > limits.pixels ? '' : ', which are stored as one piece';
          const limit = at ? limits.pixelsAtOnce : limits.pixels;
          throw new Problem(
            'too-large',
            `The photo has ${stored.width} × ${stored.height} pixels (${megapixels(stored.width * stored.height)} megapixels)${at}; the limit is ${megapixels(limit)}`,
          );
        }
        const channels = alpha ? 4 : 3;
        const chroma = alpha ? rgbaInterleaved : rgbInterleaved;
        const { side, pixels } = picture!;
        const has = side === 'shortest' ? Math.min(view.width, view.height) : Math.max(view.width, view.height);
        // each pixel is the mean of a rectangle of the photo's, nearly a square; the final size is at most half, so that the last step of the
        // reduction, by a better filter, decides about the sharpness
        const step = Math.max(1, Math.floor(has / (2 * pixels)));
        const width = Math.floor(view.width / step);
        const height = Math.floor(view.height / step);
        // which pixel of the result a column or row of the photo belongs to: the rectangles are spread evenly, so that the result
        // shows exactly the photo's frame
        const spread = (from: number, to: number) =>
          Uint32Array.from({ length: from }, (_, i) => Math.floor((i * to) / from));
        const [columnOf, rowOf] = [spread(view.width, width), spread(view.height, height)];
        const counts = (places: Uint32Array, length: number) => {
          const result = new Uint32Array(length);
          for (const place of places) result[place]!++;
          return result;
        };
        const sums = step > 1 ? new Uint32Array(width * height * channels) : undefined;
        const data = new Uint8Array(width * height * channels);

        let missing = 0;
        let gaps = false;
        let first: ReturnType<typeof call>;
        const lost = (left: number, top: number, right: number, bottom: number) => {
          missing += Math.max(0, right - left) * Math.max(0, bottom - top);
          for (let y = top; y < bottom; y++) {
            const line = rowOf[y - view.top]! * width;
            for (let x = left; x < right; x++) {
              const at = (line + columnOf[x - view.left]!) * channels;
              for (let channel = 0; channel < channels; channel++) {
                const grey = channel === 3 ? 255 : 128;
                if (sums) sums[at + channel]! += grey;
                else data[at + channel] = grey;
              }
            }
          }
        };
        /**
         * Where the coded data has been lost and replaced by zeros, as a share of its length; 1: nowhere. HEVC's data never has
         * three zero bytes in a row (ITU-T H.265 §7.4.2), and the length before each unit adds three at most. libheif does not
         * tell that the decoder met such data.
         */
        const intact = (item: number) => {
          if (lib['_heif_item_get_item_type']!(context, item) !== 0x68766331) return 1;
          const [data, size] = [output + 16, output + 20];
          lib.HEAPU32[data >> 2] = 0;
          if (call('heif_item_get_item_data', context, item, 0, data, size)) return 1;
          const from = number(data);
          const at = Buffer.from(lib.HEAPU8.buffer, from, number(size)).indexOf(Buffer.alloc(8));
          lib['_heif_release_item_data']!(context, data);
          return at < 0 ? 1 : at / number(size);
        };
        const place = (image: number, tileLeft: number, tileTop: number, bounds: [number, number, number, number]) => {
          const [left, top, right, bottom] = bounds;
          const plane = lib['_heif_image_get_plane_readonly']!(image, interleaved, output);
          const stride = number(output);
          const pixels = lib.HEAPU8;
          for (let y = top; y < bottom; y++) {
            const from = plane + (y - tileTop) * stride + (left - tileLeft) * channels;
            const line = rowOf[y - view.top]! * width;
            if (!sums) {
              data.set(pixels.subarray(from, from + (right - left) * channels), (line + left - view.left) * channels);
              continue;
            }
            for (let x = left, source = from; x < right; x++, source += channels) {
              const at = (line + columnOf[x - view.left]!) * channels;
              sums[at]! += pixels[source]!;
              sums[at + 1]! += pixels[source + 1]!;
              sums[at + 2]! += pixels[source + 2]!;
              if (alpha) sums[at + 3]! += pixels[source + 3]!;
            }
          }
        };

        const across = tiled ? columns : 1;
        const along = tiled ? rows : 1;
        const [oneWidth, oneHeight] = tiled ? [tileWidth, tileHeight] : [stored.width, stored.height];
        for (let row = 0; row < along; row++) {
          for (let column = 0; column < across; column++) {
            const [tileLeft, tileTop] = [column * oneWidth, row * oneHeight];
            const bounds: [number, number, number, number] = [
              Math.max(tileLeft, view.left),
              Math.max(tileTop, view.top),
              Math.min(tileLeft + oneWidth, view.left + view.width),
              Math.min(tileTop + oneHeight, view.top + view.height),
            ];
            if (bounds[0] >= bounds[2] || bounds[1] >= bounds[3]) continue;
            if (tiled && call('heif_image_handle_get_grid_image_tile_id', handle, 0, column, row, output)) continue;
            const whole = intact(tiled ? number(output) : item);
            if (tiled && whole < 0.05) {
              lost(...bounds);
              continue;
            }
            if (!tiled && whole < 0.05) throw new Problem('unreadable', 'Its data consists of zeros');
            gaps ||= whole < 1;
            lib.HEAPU32[output >> 2] = 0;
            const error = tiled
              ? call('heif_image_handle_decode_image_tile', handle, output, rgb, chroma, options, column, row)
              : call('heif_decode_image', handle, output, rgb, chroma, options);
            const image = number(output);
            if (error || !image) {
              if (!tiled || error?.code === missingCode.noPlugin || error?.code === missingCode.unsupported) {
                const problem =
                  error?.code === missingCode.noPlugin || error?.code === missingCode.unsupported
                    ? 'unsupported'
                    : error?.detail === endOfData
                      ? 'truncated'
                      : error?.code === missingCode.memory
                        ? 'too-large'
                        : 'unreadable';
                throw new Problem(problem, error?.text ?? 'The decoder gave no picture');
              }
              first ??= error;
              lost(...bounds);
              continue;
            }
            const [hasWidth, hasHeight] = [
              lib['_heif_image_get_primary_width']!(image),
              lib['_heif_image_get_primary_height']!(image),
            ];
            if (hasWidth < bounds[2] - tileLeft || hasHeight < bounds[3] - tileTop) lost(...bounds);
            else place(image, tileLeft, tileTop, bounds);
            lib['_heif_image_release']!(image);
          }
        }
        missing /= view.width * view.height;
        if (missing === 1)
          throw new Problem(
            first?.detail === endOfData ? 'truncated' : 'unreadable',
            first?.text ?? 'No part of it could be decoded',
          );
        if (sums) {
          const [inColumn, inRow] = [counts(columnOf, width), counts(rowOf, height)];
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++) {
              const count = inRow[y]! * inColumn[x]!;
              const at = (y * width + x) * channels;
              for (let channel = 0; channel < channels; channel++)
                data[at + channel] = Math.round(sums[at + channel]! / count);
            }
          }
        }
        return upright({ width, height, channels, data, missing, gaps });
      }

      function upright(photo: HeicPicture): HeicPicture {
        const { right, down, turned } = view;
        if (right[0] === 1 && down[1] === 1) return photo;
        const { channels, data } = photo;
        const width = turned ? photo.height : photo.width;
        const height = turned ? photo.width : photo.height;
        const startX = right[0] + down[0] < 0 ? photo.width - 1 : 0;
        const startY = right[1] + down[1] < 0 ? photo.height - 1 : 0;
        const stepX = (right[1] * photo.width + right[0]) * channels;
        const stepY = (down[1] * photo.width + down[0]) * channels;
        const result = new Uint8Array(data.length);
        let to = 0;
        for (let y = 0; y < height; y++) {
          let from = (startY * photo.width + startX) * channels + y * stepY;
          for (let x = 0; x < width; x++, from += stepX) {
            for (let channel = 0; channel < channels; channel++) result[to++] = data[from + channel]!;
          }
        }
        return { ...photo, width, height, data: result };
      }
    } finally {
      for (const release of releases.reverse()) release();
    }
  }

  parentPort.on('message', (request: HeicRequest) => {
    let answer: HeicAnswer;
    try {
      answer = decode(request);
    } catch (error) {
      answer =
        error instanceof Problem
          ? { problem: error.problem, text: error.message }
          : { problem: 'unreadable', text: String((error as Error | undefined)?.message ?? error) };
    }
    const picture = 'information' in answer ? answer.picture : undefined;
    const reply: HeicReply = { answer, memory: lib.HEAPU8.length };
    parentPort.postMessage(reply, picture ? [picture.data.buffer as ArrayBuffer] : []);
  });
}
