/** Screenshots and panoramas, told by the file's name, its size in pixels and whether a camera is named in it. */
import { normalized } from '../../../models/files/normalized.ts';
import type { PhotoKind } from '../../ipc/contract.ts';

export interface KindOf {
  readonly path: string;
  /** upright, in pixels */
  readonly width: number | null;
  readonly height: number | null;
  readonly camera: string | null;
}

/** What systems call a screenshot, in the name of the file or of its folder, in the languages with most users. */
const words = [
  'screen ?-?shots?',
  'screen ?cap(?:ture)?s?',
  'screenclip',
  'snipaste',
  'bildschirm(?:fotos?|aufnahmen?)',
  'captures? d.?[eé]crans?',
  'capturas? d[ea] (?:pantalla|tela|ecrã)',
  'captur[aă] de ecran',
  'schermat[ae]',
  'schermafbeelding(?:en)?',
  'skärm(?:avbild|bild|klipp|dump)(?:er)?',
  'skærmbilleder?',
  'skjermbilder?',
  'näyttökuva(?:t)?',
  'zrzut(?:y)? ekranu',
  'sním(?:ek|ky) obrazovky',
  'képernyő(?:fotók?|kép(?:ek)?|felvétel)',
  'ekran (?:resmi|görüntüsü|alıntısı)',
  'сним(?:ок|ки) экрана',
  'скриншоты?',
  'знімок екрана',
  'στιγμιότυπο οθόνης',
  'スクリーンショット',
  '屏幕(?:截图|快照)',
  '截屏',
  '截图',
  '螢幕(?:截圖|快照|擷取畫面)',
  '截圖',
  '스크린샷',
  'لقطة (?:ال)?شاشة',
  'צילום מסך',
  'स्क्रीनशॉट',
  'ภาพหน้าจอ',
  'ảnh chụp màn hình',
  '(?:cuplikan|tangkapan) layar',
];
const inName = new RegExp(`(?<!\\p{L})(?:${words.join('|')})(?!\\p{Ll}{2})`, 'iu');
/** Every one of the words has five plain letters in a row, or a letter that is not plain. Most names of files have neither. */
const couldBeOne = /[a-z]{5}|[^\0-\x7f]/i;
const asFolder = new RegExp(`^(?:${words.join('|')})$`, 'iu');

/** Screens of phones and tablets (short side × long side) and of computers, that photos and drawings rarely have. */
const screens = new Set(
  `640×1136 750×1334 828×1792 1125×2436 1170×2532 1179×2556 1206×2622 1242×2208 1242×2688 1260×2736 1284×2778 1290×2796 1320×2868
   720×1480 720×1520 720×1560 720×1600 720×1612 1080×1920 1080×2160 1080×2220 1080×2246 1080×2248 1080×2280 1080×2310 1080×2312
   1080×2316 1080×2340 1080×2376 1080×2400 1080×2408 1080×2412 1080×2424 1080×2460 1080×2520 1008×2244 1116×2484 1220×2712
   1240×2772 1260×2800 1264×2780 1280×2856 1344×2992 1440×2560 1440×2880 1440×2960 1440×3040 1440×3088 1440×3120 1440×3200
   1536×2048 1488×2266 1620×2160 1640×2360 1668×2224 1668×2388 1668×2420 2048×2732 2064×2752 1200×1920 1600×2560 1200×2000
   768×1366 900×1440 900×1600 1050×1680 1440×2304 1664×2560 1800×2880 1864×2880 1920×2880 1920×3072 1964×3024
   2234×3456 2160×3840 2520×4480 2880×5120 1440×3440 1080×2560 1504×2256 1824×2736 1664×2496`.match(/\d+×\d+/g),
);

/**
 * Width / height from which a photo is a panorama: of 8281 photos without panoramas, none is as wide, and the widest has 1.96.
 * Phones take upright photos as long as their screens (up to 21:9), so that upright ones must be longer.
 */
const widePanorama = 2;
const tallPanorama = 3;

export function photoKind({ path, width, height, camera }: KindOf): PhotoKind | null {
  if (camera === null && isScreenshot(path, width, height)) return 'screenshot';
  if (width === null || height === null || width === 0 || height === 0) return null;
  return width / height >= widePanorama || height / width >= tallPanorama ? 'panorama' : null;
}

function isScreenshot(path: string, width: number | null, height: number | null): boolean {
  const [name = '', folder = ''] = path.split(/[\\/]/).reverse();
  // macOS may store é as e and an accent; in names, _ and - stand for spaces.
  if ((couldBeOne.test(name) && inName.test(spaced(name))) || asFolder.test(spaced(folder))) return true;
  if (width === null || height === null || !/\.png$/i.test(name)) return false;
  return screens.has(`${Math.min(width, height)}×${Math.max(width, height)}`);
}

const spaced = (name: string) => normalized(name, 'NFC').replace(/[_-]+/g, ' ');
