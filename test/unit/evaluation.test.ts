import { describe, expect, it } from 'vitest';
import { recallAtK, recallOfSets, recallSum, rowsOfSets } from '../../models/two-branch/evaluation.ts';

describe('recall@K', () => {
  it('agrees with ranks counted by hand', () => {
    // three photos; captions 0 and 1 belong to photo 0, caption 2 to photo 1, caption 3 to photo 2
    const similarities = Float32Array.of(
      ...[0.9, 0.1, 0.2], // rank 1
      ...[0.3, 0.5, 0.1], // rank 2
      ...[0.6, 0.4, 0.5], // rank 3
      ...[0.1, 0.2, 0.8], // rank 1
    );
    const { textToImage, imageToText } = recallAtK(similarities, 3, Int32Array.of(0, 0, 1, 2));
    expect(textToImage).toEqual({ r1: 50, r5: 100, r10: 100, medianRank: 1.5 });
    // photo 0: 0.9 is best; photo 1: own 0.4 behind 0.5; photo 2: 0.8 is best
    expect(imageToText).toEqual({ r1: expect.closeTo(200 / 3), r5: 100, r10: 100, medianRank: 1 });
  });

  it('counts all captions of a photo as right answers', () => {
    const { imageToText } = recallAtK(Float32Array.of(0.1, 0.2, 0.9, 0.3, 0.5, 0.6), 2, Int32Array.of(0, 0, 1));
    expect(imageToText.r1).toBe(100);
  });

  it('takes ties against us: one point for everything has no recall', () => {
    const photos = 40;
    const photoOf = Int32Array.from({ length: photos }, (_, i) => i);
    const { textToImage, imageToText } = recallAtK(new Float32Array(photos * photos).fill(0.5), photos, photoOf);
    expect(textToImage).toEqual({ r1: 0, r5: 0, r10: 0, medianRank: 40 });
    expect(imageToText).toEqual({ r1: 0, r5: 0, r10: 0, medianRank: 40 });
  });

  it('gives a diverged network, whose similarities are no numbers, no recall', () => {
    const photos = 20;
    const photoOf = Int32Array.from({ length: photos }, (_, i) => i);
    const recalls = recallAtK(new Float32Array(photos * photos).fill(NaN), photos, photoOf);
    expect(recallSum(recalls)).toBe(0);
  });

  it('counts ranks up to 1, 5 and 10 inclusive', () => {
    const photos = 12;
    const own = Int32Array.from({ length: photos }, (_, i) => i);
    // caption c has exactly c photos before its own
    const similarities = new Float32Array(photos * photos);
    for (let c = 0; c < photos; c++) {
      for (let p = 0; p < photos; p++)
        similarities[c * photos + p] = p === c ? 0.5 : (p + photos - c) % photos <= c ? 0.9 : 0.1;
    }
    const { textToImage } = recallAtK(similarities, photos, own);
    expect(textToImage.r1).toBeCloseTo(100 / 12);
    expect(textToImage.r5).toBeCloseTo(500 / 12);
    expect(textToImage.r10).toBeCloseTo(1000 / 12);
    expect(textToImage.medianRank).toBe(6.5);
  });

  it('of each set counts only its own photos and captions', () => {
    const rows = rowsOfSets(['a', 'b', 'a']);
    expect([...rows]).toEqual([
      ['a', Int32Array.of(0, 2)],
      ['b', Int32Array.of(1)],
    ]);
    const similarities = Float32Array.of(
      ...[0.5, 0.9, 0.2], // of photo 0, which b's photo hides among all
      ...[0.8, 0.1, 0.3], // of photo 1
      ...[0.7, 0.9, 0.6], // of photo 2, which photo 0 hides
    );
    const photoOf = Int32Array.of(0, 1, 2);
    const [a, b] = recallOfSets(similarities, 3, photoOf, [...rows.values()]);
    expect(a!.textToImage).toMatchObject({ r1: 50, medianRank: 1.5 });
    expect(a!.imageToText).toMatchObject({ r1: 50 }); // photo 0: 0.5 behind 0.7
    expect(b!.textToImage.r1).toBe(100);
    expect(recallAtK(similarities, 3, photoOf).textToImage.r1).toBe(0);
    expect(recallOfSets(similarities, 3, photoOf, [Int32Array.of(0, 1, 2)])).toEqual([
      recallAtK(similarities, 3, photoOf),
    ]);
  });

  it('sums the six recalls', () => {
    const one = { r1: 1, r5: 2, r10: 3, medianRank: 99 };
    expect(recallSum({ textToImage: one, imageToText: one })).toBe(12);
  });
});
