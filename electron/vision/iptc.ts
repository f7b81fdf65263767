/** Reads the dates of IPTC (Information Interchange Model 4.2), which agencies and scanning programs write. */
import { clockTime } from './clock-time.ts';

/** Of record 2: date and time created, and the same of the digital copy. CCYYMMDD and HHMMSS±HHMM. */
const created = [
  { date: 55, time: 60 },
  { date: 62, time: 63 },
];

/**
 * @param block a Photoshop resource block (as in JPEG's APP13) that holds IPTC, or IPTC itself
 * @returns a wall clock
 */
export function readIptcDate(block: Uint8Array | undefined): number | null {
  if (!block) return null;
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const fields = new Map<number, string>();
  for (let at = startOf(bytes); at + 5 <= bytes.length && bytes[at] === 0x1c;) {
    const [record, field, length] = [bytes[at + 1], bytes[at + 2]!, bytes.readUInt16BE(at + 3)];
    // cut off, or an extended field, whose length does not stand here
    if (length > 0x7fff || at + 5 + length > bytes.length) break;
    if (record === 2 && !fields.has(field)) fields.set(field, bytes.toString('latin1', at + 5, at + 5 + length));
    at += 5 + length;
  }
  for (const { date, time } of created) {
    const digits = /^(\d{4})-?(\d\d)-?(\d\d)/.exec(fields.get(date) ?? '');
    if (!digits) continue;
    const clock = /^(\d\d):?(\d\d):?(\d\d)/.exec(fields.get(time) ?? '');
    const day = digits.slice(1).join('-');
    const at = (clock && clockTime(`${day}T${clock.slice(1).join(':')}`)) ?? clockTime(day);
    if (at !== null) return at;
  }
  return null;
}

/** Photoshop's resource 0x0404, Adobe Photoshop File Formats Specification, "Image Resource Blocks". */
function startOf(bytes: Buffer): number {
  const resource = bytes.indexOf('8BIM\x04\x04', 0, 'latin1');
  if (resource < 0) return Math.max(0, bytes.indexOf(0x1c));
  const nameAt = resource + 6;
  const nameBytes = 1 + (bytes[nameAt] ?? 0);
  return nameAt + nameBytes + (nameBytes % 2) + 4;
}
