// Pictures compared the way a person glances at them: size, and how light each field of a coarse grid is.
import { inflateSync } from "node:zlib";

/** A picture as rows of pixels of three or four bytes. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Bytes of a pixel: red, green, blue and perhaps alpha. */
  readonly depth: number;
  readonly pixels: Uint8Array;
}

/** Reads a PNG of 8-bit RGB or RGBA without interlacing, as browsers write it (W3C PNG, §9). */
export function readPng(png: Uint8Array): Picture {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height, type] = [view.getUint32(16), view.getUint32(20), view.getUint8(25)];
  if (view.getUint8(24) !== 8 || (type !== 2 && type !== 6) || view.getUint8(28) !== 0) throw new TypeError("a PNG of another kind");
  const parts: Uint8Array[] = [];
  for (let at = 8; at < png.length; ) {
    const length = view.getUint32(at);
    if (view.getUint32(at + 4) === 0x49444154) parts.push(png.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const depth = type === 2 ? 3 : 4;
  return { width, height, depth, pixels: unfilter(inflateSync(Buffer.concat(parts)), { width, height, depth }) };
}

/** Undoes the filter of each line. */
function unfilter(lines: Uint8Array, { width, height, depth }: Omit<Picture, "pixels">): Uint8Array {
  const stride = width * depth;
  const out = new Uint8Array(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = lines[y * (stride + 1)];
    for (let x = 0; x < stride; x++) {
      const left = x < depth ? 0 : (out[y * stride + x - depth] as number);
      const up = y === 0 ? 0 : (out[(y - 1) * stride + x] as number);
      const corner = x < depth || y === 0 ? 0 : (out[(y - 1) * stride + x - depth] as number);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter as number] as number;
      out[y * stride + x] = (lines[y * (stride + 1) + 1 + x] as number) + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - up), Math.abs(estimate - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** Mean lightness, 0 to 255, of each field when the picture is cut into `cells` by `cells`. */
export function lightness({ width, height, depth, pixels }: Picture, cells = 16): readonly number[] {
  const sums = new Float64Array(cells * cells);
  const counts = new Float64Array(cells * cells);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * depth;
      const field = Math.floor((y * cells) / height) * cells + Math.floor((x * cells) / width);
      sums[field] =
        (sums[field] as number) + 0.299 * (pixels[at] as number) + 0.587 * (pixels[at + 1] as number) + 0.114 * (pixels[at + 2] as number);
      counts[field] = (counts[field] as number) + 1;
    }
  return Array.from(sums, (sum, i) => sum / (counts[i] as number));
}

/** How far two grids are apart: in the mean, and in the field where they differ most. */
export function apart(a: readonly number[], b: readonly number[]): { readonly mean: number; readonly worst: number } {
  const gaps = a.map((value, i) => Math.abs(value - (b[i] as number)));
  return { mean: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length, worst: Math.max(...gaps) };
}
