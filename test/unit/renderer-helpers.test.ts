import { describe, expect, it, vi } from 'vitest';
import { RateEstimate } from '../../renderer/state/download-rate.ts';
import { SequenceGuard } from '../../renderer/state/sequence.ts';
import { replaceWord } from '../../renderer/state/replace-word.ts';
import { throttled } from '../../renderer/state/throttle.ts';
import {
  aboutDuration,
  ago,
  coordinates,
  duration,
  exposureSettings,
  fileName,
  fileSize,
  placeName,
  plural,
  wallMoment,
} from '../../electron/ipc/format.ts';
import { confined, fitted, fittedSize, panned, zoomAt } from '../../renderer/viewer/zoom.ts';

describe('answers keep the order of their questions', () => {
  it('drops an answer that a later one has overtaken', () => {
    const guard = new SequenceGuard();
    const first = guard.issue();
    const second = guard.issue();
    expect(guard.accept(second)).toBe(true);
    expect(guard.accept(first)).toBe(false);
  });

  it('shows answers in between, while later ones are on their way', () => {
    const guard = new SequenceGuard();
    const first = guard.issue();
    const second = guard.issue();
    expect(guard.accept(first)).toBe(true);
    expect(guard.isNewest(first)).toBe(false);
    expect(guard.accept(second)).toBe(true);
    expect(guard.isNewest(second)).toBe(true);
  });

  it('drops everything asked before the field was cleared', () => {
    const guard = new SequenceGuard();
    const ticket = guard.issue();
    guard.dismissAll();
    expect(guard.accept(ticket)).toBe(false);
    expect(guard.accept(guard.issue())).toBe(true);
  });
});

describe('taking a suggestion', () => {
  it('replaces the word and not a part of another, in any case', () => {
    expect(replaceWord('A dgo and two dgos, Dgo!', 'dgo', 'dog')).toBe('A dog and two dgos, dog!');
  });

  it('takes signs literally', () => {
    expect(replaceWord('c++ (x)', 'c++', '$& plus')).toBe('$& plus (x)');
  });
});

describe('zooming', () => {
  const stage = { width: 1000, height: 600 };
  const fit = fittedSize({ width: 3000, height: 2000 }, stage);

  it('fits a large photo, and enlarges a small one but not into a blur', () => {
    expect(fit).toEqual({ width: 900, height: 600 });
    expect(fittedSize({ width: 200, height: 100 }, stage)).toEqual({ width: 500, height: 250 });
    expect(fittedSize({ width: 0, height: 0 }, stage)).toEqual({ width: 0, height: 0 });
  });

  it('keeps the point under the pointer', () => {
    const point = { x: 200, y: 100 };
    const zoom = zoomAt(fitted, 4, point, fit, stage);
    // the photo's point that was at (200, 100) is now at 200 = x + 4 · 200
    expect(zoom.x + 4 * 200).toBeCloseTo(200);
    expect(zoom.y + 4 * 100).toBeCloseTo(100);
  });

  it('returns to the middle when zoomed out, and stops at 12 times', () => {
    expect(zoomAt({ scale: 2, x: 50, y: 30 }, 0.1, { x: 0, y: 0 }, fit, stage)).toEqual(fitted);
    expect(zoomAt(fitted, 1000, { x: 0, y: 0 }, fit, stage).scale).toBe(12);
  });

  it('cannot be panned off the stage', () => {
    const zoom = panned({ scale: 2, x: 0, y: 0 }, 99_999, -99_999, fit, stage);
    expect(zoom).toEqual({ scale: 2, x: (1800 - 1000) / 2, y: -(1200 - 600) / 2 });
    expect(confined({ scale: 1.05, x: 500, y: 0 }, fit, stage).x).toBe(0);
  });
});

describe('words for numbers', () => {
  it('says sizes', () => {
    expect([0, 999, 1500, 98_000_000, 999_999, 5.4e9].map(fileSize)).toEqual([
      '0 bytes',
      '999 bytes',
      '1.5 kB',
      '98 MB',
      '1 MB',
      '5.4 GB',
    ]);
  });

  it('says durations', () => {
    expect([2, 42, 60, 170, 3600, 7500].map(duration)).toEqual([
      'a few seconds',
      '40 seconds',
      'a minute',
      '3 minutes',
      '1 hour',
      '2 h 5 min',
    ]);
    expect([2, 42].map(aboutDuration)).toEqual(['a few seconds', 'about 40 seconds']);
  });

  it('says how long ago', () => {
    const now = Date.UTC(2026, 5, 15, 12);
    const before = (minutes: number) => ago(now - minutes * 60_000, now);
    expect([0, 1, 59, 60, 23 * 60, 25 * 60].map(before)).toEqual([
      'just now',
      '1 minute ago',
      '59 minutes ago',
      '1 hour ago',
      '23 hours ago',
      'yesterday',
    ]);
    expect(before(60 * 24 * 40)).toContain('2026');
  });

  it('says the rest', () => {
    expect(plural(1, 'photo')).toBe('1 photo');
    expect(plural(1200, 'photo')).toBe('1,200 photos');
    expect(fileName('/home/me/Pictures/')).toBe('Pictures');
    expect(fileName('C:\\Photos\\a.jpg')).toBe('a.jpg');
    expect(coordinates({ latitude: -33.8568, longitude: 151.2153 })).toBe('33.8568° S, 151.2153° E');
  });

  it('says where and with what a photo was taken, and when, in every time zone the same', () => {
    expect(placeName({ name: 'Wengen', region: 'Bern', country: 'CH' })).toBe('Wengen, Bern, Switzerland');
    expect(placeName({ name: 'Singapore', region: null, country: 'SG' })).toBe('Singapore');
    const unknown = { exposure: null, aperture: null, iso: null, focal: null };
    expect(exposureSettings(unknown)).toBe('');
    expect(exposureSettings({ exposure: 1 / 250, aperture: 5.6, iso: 100, focal: 35 })).toBe(
      '1/250 s, f/5.6, ISO 100, 35 mm',
    );
    expect(exposureSettings({ ...unknown, exposure: 0.5, focal: 4.25 })).toBe('0.5 s, 4.3 mm');
    expect(exposureSettings({ ...unknown, exposure: 30 })).toBe('30 s');
    expect(exposureSettings({ ...unknown, exposure: 1 / 4000 })).toBe('1/4000 s');
    expect(wallMoment(Date.UTC(2014, 0, 1, 0, 30))).toBe('January 1, 2014 at 12:30 AM');
  });
});

describe('time left of a download', () => {
  it('follows the recent rate', () => {
    const rate = new RateEstimate();
    rate.add(0, 0);
    expect(rate.secondsLeft(100)).toBeNull();
    rate.add(10, 1000);
    rate.add(20, 2000);
    expect(rate.secondsLeft(100)).toBeCloseTo(8);
  });

  it('starts again with another file, and says nothing while nothing arrives', () => {
    const rate = new RateEstimate();
    rate.add(50, 0);
    rate.add(90, 2000);
    rate.add(0, 2100);
    expect(rate.secondsLeft(100)).toBeNull();
    rate.add(0, 9000);
    expect(rate.secondsLeft(100)).toBeNull();
  });
});

describe('what is asked for often', () => {
  it('is done once, a while later, and again when asked again', () => {
    vi.useFakeTimers();
    const work = vi.fn();
    const ask = throttled(work, 1000);
    ask();
    ask();
    vi.advanceTimersByTime(999);
    expect(work).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    expect(work).toHaveBeenCalledTimes(1);
    ask();
    vi.advanceTimersByTime(1000);
    expect(work).toHaveBeenCalledTimes(2);
    vi.useRealTimers();
  });
});
