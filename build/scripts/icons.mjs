/**
 * Draws the icons from their SVG sources; run it after changing one: `node build/scripts/icons.mjs`. electron-builder
 * makes .ico and .icns from the 1024-pixel image.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../icons');
const draw = (source, side, name) =>
  sharp(path.join(folder, source), { density: 300 })
    .resize(side, side)
    .png({ compressionLevel: 9 })
    .toFile(path.join(folder, name));

await Promise.all([
  draw('icon.svg', 1024, 'app.png'),
  draw('icon.svg', 256, 'icon.png'),
  draw('icon.svg', 64, 'drag.png'),
  draw('icon.svg', 32, 'tray.png'),
  draw('icon.svg', 64, 'tray@2x.png'),
  draw('tray-template.svg', 16, 'trayTemplate.png'),
  draw('tray-template.svg', 32, 'trayTemplate@2x.png'),
]);
