/** Copies texts, images and lists of files. */
import { clipboard, ClipboardItem, nativeImage } from 'electron';
import { DescryError } from '../../models/errors.ts';
import type { ClipboardFormats } from './file-list.ts';

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

/** In formats of the system, by their names there, all at once. */
export async function copyFormats(formats: ClipboardFormats): Promise<void> {
  const items = Object.entries(formats).map(([name, text]) => [osFormat(name), new Blob([text])] as const);
  await clipboard.write([new ClipboardItem(Object.fromEntries(items))]);
}

/** Electron's name of a format that only the system knows (its documentation of `clipboard`, "custom formats"). */
const osFormat = (name: string) => `electron application/osclipboard;format="${name}"`;
