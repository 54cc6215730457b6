/** Width and height in pixels. */
export interface Dimensions {
  readonly width: number;
  readonly height: number;
}

/** Part of a picture, in its pixels. */
export interface Area extends Dimensions {
  readonly left: number;
  readonly top: number;
}

/** What a thumbnail is to measure: with `inside` at most, with `cover` (which needs both sides) exactly. */
export interface Size {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly fit: "inside" | "cover";
}

/** Which part of a picture a thumbnail shows, and how large. */
export interface Fitted extends Dimensions {
  readonly area: Area;
}

/**
 * Fits a picture into a size, never larger than it is. `inside` shows all of it; `cover` shows the largest centred part
 * of the size's shape, and keeps the shape when the picture is too small for the size.
 */
export function fit(picture: Dimensions, size: Size): Fitted {
  const { width = Number.POSITIVE_INFINITY, height = Number.POSITIVE_INFINITY } = size;
  const area = size.fit === "cover" ? centred(picture, width / height) : { left: 0, top: 0, ...picture };
  const scale = Math.min(1, width / area.width, height / area.height);
  return { area, width: side(area.width * scale), height: side(area.height * scale) };
}

function centred({ width, height }: Dimensions, shape: number): Area {
  const part = { width: Math.min(width, side(height * shape)), height: Math.min(height, side(width / shape)) };
  return { ...part, left: Math.floor((width - part.width) / 2), top: Math.floor((height - part.height) / 2) };
}

function side(length: number): number {
  return Math.max(1, Math.round(length));
}
