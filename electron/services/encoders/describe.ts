/** Describes what was fetched of an offered encoder: as a user's folder, with what is known of it by the catalogue. */
import type { AddedEncoder } from '../../../models/contract/added-encoder.ts';
import type { Encoder } from '../../../models/contract/encoder.ts';
import { describeFolder, openAdded } from '../../../models/encoders.ts';
import { DescryError } from '../../../models/errors.ts';
import { filesOf, type OfferedEncoder } from './catalogue.ts';

const sourceOf = ({ repository, revision }: OfferedEncoder) => ({ kind: 'hub', repository, revision }) as const;

/**
 * @param folder has exactly its files
 * @throws DescryError `encoder-invalid` where the graphs are not what the catalogue says
 */
export async function describeFetched(
  folder: string,
  offered: OfferedEncoder,
  signal: AbortSignal,
): Promise<AddedEncoder> {
  const { id, title, preprocessing, contextLength } = offered;
  const described = await describeFolder(folder, {
    ...{ id, title, source: sourceOf(offered), addedAt: Date.now(), signal },
    // The files of the repository that say it have no pinned hash, and are not fetched.
    known: { preprocessing, contextLength, dimensions },
  });
  const pinned = new Set(filesOf(offered.files).map((file) => file.sha256));
  const other = filesOf(described.files).find((file) => !pinned.has(file.sha256));
  if (other) throw new DescryError('encoder-invalid', `${other.path} of ${title} is not the file that was fetched.`);
  return described;
}

/** Numbers of an embedding, of all that are offered; used where a graph does not say it. */
const dimensions = 512;

/** An offered encoder as it will be, for what it can do. */
export function expectedEncoder(offered: OfferedEncoder): Encoder {
  const { id, title, files, preprocessing, contextLength } = offered;
  return openAdded({
    ...{ format: 1, kind: 'clip', id, title, files, preprocessing, contextLength },
    dimensions,
    tensors: {
      ...{ pixels: 'pixel_values', tokens: 'input_ids', mask: null },
      ...{ imageEmbeddings: 'image_embeds', textEmbeddings: 'text_embeds' },
    },
    padding: null,
    source: sourceOf(offered),
    measured: null,
    addedAt: 0,
  });
}
