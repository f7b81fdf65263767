/**
 * How a HEIC photo is cropped, turned and mirrored. The functions run in the thread that decodes: their text is a part of its
 * program, so they must not use anything outside of themselves.
 */
import type { LibHeif } from './heic-types.ts';

export interface HeicAccess {
  readonly lib: LibHeif;
  /** the unsigned 32-bit number at a place of libheif's memory */
  readonly number: (at: number) => number;
  readonly allocate: (size: number) => number;
  readonly fail: (text: string) => never;
}

/** The part of the stored photo that is shown. One step to the right, or down, in what is shown is the step of that name. */
export interface ShownPart {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly right: readonly [x: number, y: number];
  readonly down: readonly [x: number, y: number];
  /** shown with width and height exchanged */
  readonly turned: boolean;
  /** each crop's place among the photo's properties, from 1, and the size that it crops */
  readonly crops: readonly { readonly property: number; readonly width: number; readonly height: number }[];
}

/**
 * The part of the stored photo that is shown, and how it is turned: the transformations in the order of the file
 * (ISO/IEC 23008-12 §6.5: clap, irot, imir). A corner's place in what is shown so far is mapped to the stored photo by
 * (x, y) → origin + x·right + y·down.
 */
export function shownPart(
  { lib, number, allocate, fail }: HeicAccess,
  context: number,
  item: number,
  { width, height }: { readonly width: number; readonly height: number },
): ShownPart {
  const output = allocate(16);
  const most = 32;
  const ids = allocate(4 * most);
  const count = Math.max(0, Math.min(most, lib['_heif_item_get_transformation_properties']!(context, item, ids, most)));
  let size = { width, height };
  let [x, y] = [0, 0];
  let [right, down] = [
    [1, 0],
    [0, 1],
  ] as [[number, number], [number, number]];
  const move = (across: number, along: number) => {
    x += across * right[0] + along * down[0];
    y += across * right[1] + along * down[1];
  };
  const opposite = ([a, b]: readonly [number, number]): [number, number] => [0 - a, 0 - b];
  const crops: { property: number; width: number; height: number }[] = [];
  for (let i = 0; i < count; i++) {
    const property = number(ids + 4 * i);
    switch (lib['_heif_item_get_property_type']!(context, item, property)) {
      case 0x636c6170: {
        const borders = [0, 4, 8, 12].map((at) => output + at) as [number, number, number, number];
        lib['_heif_item_get_property_transform_crop_borders']!(
          context,
          item,
          property,
          size.width,
          size.height,
          ...borders,
        );
        const [left, top, fromRight, fromBottom] = borders.map((at) => Math.max(0, lib.HEAP32[at >> 2]!)) as [
          number,
          number,
          number,
          number,
        ];
        crops.push({ property, ...size });
        const cropped = { width: size.width - left - fromRight, height: size.height - top - fromBottom };
        if (cropped.width < 1 || cropped.height < 1) fail('Its crop leaves nothing of the photo');
        move(left, top);
        size = cropped;
        break;
      }
      case 0x69726f74: {
        const turns = lib['_heif_item_get_property_transform_rotation_ccw']!(context, item, property) / 90;
        for (let turn = 0; turn < turns; turn++) {
          // the right edge becomes the upper one
          move(size.width - 1, 0);
          [right, down] = [down, opposite(right)];
          size = { width: size.height, height: size.width };
        }
        break;
      }
      case 0x696d6972:
        // heif_transform_mirror_direction: 0 exchanges top and bottom, 1 left and right
        if (lib['_heif_item_get_property_transform_mirror']!(context, item, property) === 1) {
          move(size.width - 1, 0);
          right = opposite(right);
        } else {
          move(0, size.height - 1);
          down = opposite(down);
        }
    }
  }
  const turned = right[0] === 0;
  const [across, along] = turned ? [size.height, size.width] : [size.width, size.height];
  return {
    left: right[0] + down[0] < 0 ? x - across + 1 : x,
    top: right[1] + down[1] < 0 ? y - along + 1 : y,
    width: across,
    height: along,
    right,
    down,
    turned,
    crops,
  };
}

/** Makes a `clap` box keep everything (ISO/IEC 14496-12 §12.1.4.2). */
export function withoutCrop(
  { lib, fail }: HeicAccess,
  file: number,
  length: number,
  item: number,
  { property, width, height }: ShownPart['crops'][number],
): void {
  const view = new DataView(lib.HEAPU8.buffer);
  const boxes = (from: number, to: number) => {
    const found: { type: string; from: number; to: number }[] = [];
    for (let at = from; at + 8 <= to;) {
      const size = view.getUint32(at);
      const long = size === 1 && at + 16 <= to;
      const extent = long ? Number(view.getBigUint64(at + 8)) : size === 0 ? to - at : size;
      if (extent < 8) break;
      const type = String.fromCharCode(...lib.HEAPU8.slice(at + 4, at + 8));
      found.push({ type, from: at + (long ? 16 : 8), to: Math.min(to, at + extent) });
      at += extent;
    }
    return found;
  };
  const inside = (parent: { from: number; to: number } | undefined, type: string, skip = 0) =>
    parent && boxes(parent.from + skip, parent.to).find((box) => box.type === type);
  /** The property's place among all, from an `ipma` box (ISO/IEC 23008-12 §9.3). @param property place among the item's own, from 1 */
  const associated = ({ type, from, to }: { type: string; from: number; to: number }) => {
    if (type !== 'ipma' || from + 8 > to) return undefined;
    const [wideItems, wideIndices] = [view.getUint8(from) > 0, (view.getUint8(from + 3) & 1) === 1];
    let at = from + 8;
    for (let entries = view.getUint32(from + 4); entries > 0 && at + (wideItems ? 5 : 3) <= to; entries--) {
      const id = wideItems ? view.getUint32(at) : view.getUint16(at);
      at += wideItems ? 4 : 2;
      const count = view.getUint8(at++);
      const wanted = at + (property - 1) * (wideIndices ? 2 : 1);
      if (id === item && property <= count && wanted + (wideIndices ? 2 : 1) <= to)
        return wideIndices ? view.getUint16(wanted) & 0x7fff : view.getUint8(wanted) & 0x7f;
      at += count * (wideIndices ? 2 : 1);
    }
    return undefined;
  };
  const meta = inside({ from: file, to: file + length }, 'meta');
  const all = inside(meta, 'iprp', 4);
  const container = inside(all, 'ipco');
  const place =
    all &&
    boxes(all.from, all.to)
      .map((box) => associated(box))
      .find((index) => index !== undefined);
  const clap = container && place ? boxes(container.from, container.to)[place - 1] : undefined;
  if (clap?.type !== 'clap' || clap.to - clap.from < 32) return fail('Its crop could not be read');
  [width, 1, height, 1, 0, 1, 0, 1].forEach((value, i) => view.setUint32(clap.from + 4 * i, value));
}
