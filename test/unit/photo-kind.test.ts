import { describe, expect, it, test } from 'vitest';
import { photoKind } from '../../electron/services/library/photo-kind.ts';

const photo = { path: '/photos/IMG_0001.jpg', width: 4000, height: 3000, camera: null };

describe('a screenshot', () => {
  test.each([
    'Screenshot 2026-03-04 at 10.15.30.png',
    'Screen Shot 2019-01-01 at 1.00.05 PM.png',
    'Screenshot_20190101-120000_App.jpg',
    'Screenshot_2019-01-01-12-00-00-123_com.example.app.jpg',
    'screenshot.webp',
    'Screenshot (12).png',
    'Screenshot1.png',
    'my screenshots of the map.png',
    'Bildschirmfoto 2019-01-01 um 12.00.00.png',
    'Bildschirmfoto_2019.png',
    'Capture d’écran 2019-01-01 à 12.00.00.png',
    "Capture d'e\u0301cran 2019.png",
    'Captura de pantalla 2019-01-01 a las 12.00.00.png',
    'Captura de Tela 2019-01-01 às 12.00.00.png',
    'Schermata 2019-01-01 alle 12.00.00.png',
    'Schermafbeelding 2019-01-01 om 12.00.00.png',
    'Skärmavbild 2019-01-01 kl. 12.00.00.png',
    'Skærmbillede 2019-01-01 kl. 12.00.00.png',
    'Skjermbilde 2019-01-01 kl. 12.00.00.png',
    'Näyttökuva 2019-1-1 kello 12.00.00.png',
    'Zrzut ekranu 2019-01-01 o 12.00.00.png',
    'Snímek obrazovky 2019.png',
    'Képernyőfotó 2019.png',
    'Ekran Resmi 2019-01-01.png',
    'Снимок экрана 2019-01-01 в 12.00.00.png',
    'スクリーンショット 2019-01-01 12.00.00.png',
    '截屏2019-01-01 12.00.00.png',
    '屏幕截图 2019-01-01.png',
    '스크린샷 2019-01-01.png',
  ])('by its name: %s', (name) => {
    expect(photoKind({ ...photo, path: `/photos/${name}` })).toBe('screenshot');
    expect(photoKind({ ...photo, path: `C:\\photos\\${name}` })).toBe('screenshot');
  });

  it('by its folder, not by one above it', () => {
    expect(photoKind({ ...photo, path: '/photos/Screenshots/IMG_0001.jpg' })).toBe('screenshot');
    expect(photoKind({ ...photo, path: '/photos/Bildschirmfotos/1.png' })).toBe('screenshot');
    expect(photoKind({ ...photo, path: '/photos/Screenshots/trips/IMG_0001.jpg' })).toBeNull();
    expect(photoKind({ ...photo, path: '/photos/No screenshots here/IMG_0001.jpg' })).toBeNull();
  });

  it('by the size of a screen, upright or across, if it is a PNG', () => {
    const png = { ...photo, path: '/photos/IMG_0001.PNG' };
    expect(photoKind({ ...png, width: 1170, height: 2532 })).toBe('screenshot');
    expect(photoKind({ ...png, width: 2532, height: 1170 })).toBe('screenshot');
    expect(photoKind({ ...png, width: 2880, height: 1800 })).toBe('screenshot');
    expect(photoKind({ ...png, width: 1024, height: 768 })).toBeNull();
    expect(photoKind({ ...photo, width: 1920, height: 1080 }), 'a JPEG').toBeNull();
  });

  it('is never one with a camera', () => {
    const camera = 'Canon EOS 30D';
    expect(photoKind({ ...photo, path: '/photos/Screenshot_20190101-120000.png', camera })).toBeNull();
    expect(photoKind({ ...photo, path: '/photos/a.png', width: 1920, height: 1080, camera })).toBeNull();
  });

  test.each(['Landscape.png', 'screen door.jpg', 'capture.jpg', 'shot.png', 'Offscreen.png'])('not %s', (name) =>
    expect(photoKind({ ...photo, path: `/photos/${name}` })).toBeNull(),
  );
});

describe('a panorama', () => {
  it('is at least twice as wide as high, or three times as high as wide', () => {
    const camera = 'Apple iPhone 13';
    expect(photoKind({ ...photo, camera, width: 8000, height: 2000 })).toBe('panorama');
    expect(photoKind({ ...photo, camera, width: 4000, height: 2000 })).toBe('panorama');
    expect(photoKind({ ...photo, camera, width: 1900, height: 1000 })).toBeNull();
    expect(photoKind({ ...photo, camera, width: 1000, height: 3000 })).toBe('panorama');
    expect(photoKind({ ...photo, camera, width: 1800, height: 4000 }), 'a phone’s whole screen').toBeNull();
  });

  it('needs a size', () => expect(photoKind({ ...photo, width: null, height: null })).toBeNull());
});
