/**
 * Draws the icons from their SVG sources; run it after changing one: `node build/scripts/icons.mjs`. The results are committed:
 * electron-builder would download a program to make .ico and .icns.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../icons');

const png = (source, side) =>
  sharp(path.join(folder, source), { density: 300 }).resize(side, side).png({ compressionLevel: 9 }).toBuffer();
const draw = async (source, side, name) => writeFileSync(path.join(folder, name), await png(source, side));

/** freedesktop.org's icon theme specification: the sizes of hicolor that desktops ask for */
const linuxSides = [16, 24, 32, 48, 64, 128, 256, 512];
/** Windows shows 16 to 256 pixels, at its scales of 100 to 200 % */
const icoSides = [16, 20, 24, 32, 40, 48, 64, 128, 256];
/**
 * Types of Apple's icon format that hold PNG, with their sides in pixels. Those of 16 and 32 pixels without @2x (icp4, icp5) are
 * left out: some versions of macOS do not show PNG there, and all take the @2x ones in their place.
 */
const icnsTypes = [
  ['ic07', 128],
  ['ic08', 256],
  ['ic09', 512],
  ['ic10', 1024], // 512@2x
  ['ic11', 32], // 16@2x
  ['ic12', 64], // 32@2x
  ['ic13', 256], // 128@2x
  ['ic14', 512], // 256@2x
];

/** An .ico whose pictures are PNG, as Windows reads since Vista: a header, an entry of 16 bytes each, the pictures. */
function ico(pictures) {
  const header = Buffer.alloc(6 + 16 * pictures.length);
  header.writeUInt16LE(1, 2); // an icon
  header.writeUInt16LE(pictures.length, 4);
  let offset = header.length;
  pictures.forEach(({ side, bytes }, i) => {
    const entry = 6 + 16 * i;
    header[entry] = side % 256; // 0 is 256
    header[entry + 1] = side % 256;
    header.writeUInt16LE(1, entry + 4); // planes
    header.writeUInt16LE(32, entry + 6); // bits a pixel
    header.writeUInt32LE(bytes.length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += bytes.length;
  });
  return Buffer.concat([header, ...pictures.map(({ bytes }) => bytes)]);
}

/** An .icns: type and length, big-endian, before the whole and before each picture. */
function icns(pictures) {
  const block = (type, content) => {
    const head = Buffer.from(`${type}\0\0\0\0`, 'latin1');
    head.writeUInt32BE(8 + content.length, 4);
    return Buffer.concat([head, content]);
  };
  return block('icns', Buffer.concat(pictures.map(({ type, bytes }) => block(type, bytes))));
}

mkdirSync(path.join(folder, 'linux'), { recursive: true });
await Promise.all([
  draw('icon.svg', 1024, 'app.png'),
  draw('icon.svg', 256, 'icon.png'),
  draw('icon.svg', 64, 'drag.png'),
  draw('icon.svg', 32, 'tray.png'),
  draw('icon.svg', 64, 'tray@2x.png'),
  draw('tray-template.svg', 16, 'trayTemplate.png'),
  draw('tray-template.svg', 32, 'trayTemplate@2x.png'),
  ...linuxSides.map((side) => draw('icon.svg', side, `linux/${side}x${side}.png`)),
]);
const pictures = (sides) => Promise.all(sides.map(async (side) => ({ side, bytes: await png('icon.svg', side) })));
writeFileSync(path.join(folder, 'icon.ico'), ico(await pictures(icoSides)));
const apple = await pictures(icnsTypes.map(([, side]) => side));
writeFileSync(path.join(folder, 'icon.icns'), icns(apple.map((picture, i) => ({ ...picture, type: icnsTypes[i][0] }))));
