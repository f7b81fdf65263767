/**
 * Zooming and panning one photo. `scale` 1 fits the photo into the stage; the offset moves its centre from the centre
 * of the stage, in CSS pixels.
 */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const fitted: Zoom = { scale: 1, x: 0, y: 0 };
export const zoomStep = 1.25;
const closest = 12;
const mostEnlarged = 2.5;

/** The size at which a photo fits into the stage; a small photo is enlarged, but not into a blur. */
export function fittedSize(photo: Size, stage: Size): Size {
  if (photo.width <= 0 || photo.height <= 0) return { width: 0, height: 0 };
  const factor = Math.min(stage.width / photo.width, stage.height / photo.height, mostEnlarged);
  return { width: photo.width * factor, height: photo.height * factor };
}

/** Zooms by a factor while the point (from the centre of the stage) stays where it is under the pointer. */
export function zoomAt(zoom: Zoom, factor: number, point: { x: number; y: number }, fit: Size, stage: Size): Zoom {
  const scale = Math.min(closest, Math.max(1, zoom.scale * factor));
  const ratio = scale / zoom.scale;
  return confined(
    { scale, x: point.x - (point.x - zoom.x) * ratio, y: point.y - (point.y - zoom.y) * ratio },
    fit,
    stage,
  );
}

export function panned(zoom: Zoom, dx: number, dy: number, fit: Size, stage: Size): Zoom {
  return confined({ scale: zoom.scale, x: zoom.x + dx, y: zoom.y + dy }, fit, stage);
}

/** The photo may not be pushed out of the stage: where it is smaller it is centred, where larger it covers. */
export function confined(zoom: Zoom, fit: Size, stage: Size): Zoom {
  if (zoom.scale <= 1) return fitted;
  const limit = (extent: number, room: number) => Math.max(0, (extent * zoom.scale - room) / 2);
  const within = (value: number, most: number) => (most === 0 ? 0 : Math.min(most, Math.max(-most, value)));
  return {
    scale: zoom.scale,
    x: within(zoom.x, limit(fit.width, stage.width)),
    y: within(zoom.y, limit(fit.height, stage.height)),
  };
}
