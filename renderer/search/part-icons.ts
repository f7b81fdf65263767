import type { UnderstoodPart } from '../../electron/ipc/contract.ts';
import {
  IconCalendar,
  IconCamera,
  IconFavourite,
  IconFolder,
  IconPanorama,
  IconPlace,
  IconScreenshot,
  IconWithout,
} from '../ui/icons.ts';

const icons = {
  when: IconCalendar,
  where: IconPlace,
  camera: IconCamera,
  folder: IconFolder,
  favourite: IconFavourite,
  not: IconWithout,
} as const;

export const partIcon = ({ aspect, filter }: Pick<UnderstoodPart, 'aspect' | 'filter'>) =>
  aspect === 'kind' ? (filter.kind === 'panorama' ? IconPanorama : IconScreenshot) : icons[aspect];
