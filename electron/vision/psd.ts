/** Reads the sections of Photoshop files (Adobe Photoshop File Formats Specification), up to the merged picture. */

export interface PsdState {
  /** false: Photoshop saved only the layers ("Maximize Compatibility" switched off) */
  readonly merged: boolean;
  readonly cutShort: boolean;
}

const versionInformation = 1057;

export function psdState(bytes: Buffer): PsdState {
  const cut = { merged: true, cutShort: true };
  if (bytes.length < 34) return cut;
  const large = bytes.readUInt16BE(4) === 2;
  const [channels, height, width, depth] = [
    bytes.readUInt16BE(12),
    bytes.readUInt32BE(14),
    bytes.readUInt32BE(18),
    bytes.readUInt16BE(22),
  ];
  const resourcesAt = 26 + 4 + bytes.readUInt32BE(26);
  if (resourcesAt + 4 > bytes.length) return cut;
  const layersAt = resourcesAt + 4 + bytes.readUInt32BE(resourcesAt);
  if (layersAt + 8 > bytes.length) return cut;
  const layers = large ? 8 + Number(bytes.readBigUInt64BE(layersAt)) : 4 + bytes.readUInt32BE(layersAt);
  const dataAt = layersAt + layers;
  if (dataAt + 2 > bytes.length) return cut;
  const merged = hasMergedPicture(bytes.subarray(resourcesAt + 4, layersAt));
  const rows = channels * height;
  const compression = bytes.readUInt16BE(dataAt);
  let end = dataAt + 2;
  if (compression === 0) end += rows * Math.ceil((width * depth) / 8);
  if (compression === 1) {
    const size = large ? 4 : 2;
    if (end + rows * size > bytes.length) return { merged, cutShort: true };
    for (let row = 0, at = end; row < rows; row++, at += size) end += size + bytes.readUIntBE(at, size);
  }
  return { merged, cutShort: end > bytes.length };
}

/** By the image resource of the version; files of others than Photoshop may lack it, and hold the picture. */
function hasMergedPicture(resources: Buffer): boolean {
  let at = 0;
  while (at + 12 <= resources.length && resources.toString('latin1', at, at + 4) === '8BIM') {
    const id = resources.readUInt16BE(at + 4);
    // a name, padded to an even number of bytes with its length
    const sizeAt = at + 6 + ((resources[at + 6]! + 2) & ~1);
    if (sizeAt + 4 > resources.length) return true;
    const size = resources.readUInt32BE(sizeAt);
    if (id === versionInformation) return resources[sizeAt + 8] !== 0;
    at = sizeAt + 4 + size + (size & 1);
  }
  return true;
}
