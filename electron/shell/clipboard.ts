/** Copies texts and images. */
import { clipboard, ClipboardItem, nativeImage } from 'electron';
import { DescryError } from '../../models/errors.ts';

/** @param bytes of an upright JPEG or PNG */
export async function copyImage(bytes: Uint8Array): Promise<void> {
  const image = nativeImage.createFromBuffer(Buffer.from(bytes));
  if (image.isEmpty()) throw new DescryError('photo-unsupported', 'This photo cannot be copied as an image.');
  const png = new Blob([new Uint8Array(image.toPNG())], { type: 'image/png' });
  await clipboard.write([new ClipboardItem({ 'image/png': png })]);
}

export async function copyText(text: string): Promise<void> {
  await clipboard.writeText(text);
}
