// Which smaller picture is made for what is asked: few different ones, whatever is asked, and the original is never
// enlarged; only what `contain` fills up around it can reach beyond one side of it.
// A side is rounded up to one of the ladder, so that the answer is at least as large as asked and nobody fills the store with
// thousands of sizes of one picture.
import { limits } from '../../base/limits.ts'

/** `inside`: whole, within the box. `cover`: fills the box, what is over is cut off. `contain`: whole, and the box filled up around it. */
export const fits = ['inside', 'cover', 'contain'] as const
export type Fit = (typeof fits)[number]

export type Size = { readonly width: number; readonly height: number }
export type Asked = { readonly w?: number | undefined; readonly h?: number | undefined; readonly fit?: Fit | undefined }
export type PictureType = 'image/jpeg' | 'image/webp'
/** Its pixels, exactly. */
export type Recipe = Size & { readonly fit: Fit; readonly type: PictureType }

/** Each is about 1.4 times the one before: a picture has twice the pixels that were asked for at most. */
const ladder = [32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1_024, 1_536, 2_048, 3_072, limits.pictureSideMax]

export function recipeOf({ w, h, fit = 'inside' }: Asked, picture: Size & { readonly type: string }): Recipe {
  // Old mail programs show no WebP: what came as JPEG stays one. All else may be transparent.
  const type = picture.type === 'image/jpeg' ? 'image/jpeg' : 'image/webp'
  if (fit === 'inside' || w === undefined || h === undefined) return { fit: 'inside', type, ...insideOf({ w, h }, picture) }
  return { fit, type, ...boxOf({ w, h }, fit, picture) }
}

/** The side that binds is one of the ladder, and the other follows: so there are at most two sizes for each step. */
function insideOf({ w = Number.POSITIVE_INFINITY, h = Number.POSITIVE_INFINITY }: Asked, { width, height }: Size): Size {
  const isWide = w / width <= h / height
  const [asked, whole] = isWide ? [w, width] : [h, height]
  return scaled({ width, height }, Math.min(roundedUp(asked), whole) / whole)
}

/** In the ratio that was asked for. Where the picture would have to be enlarged, the box is made smaller instead. */
function boxOf({ w, h }: { readonly w: number; readonly h: number }, fit: Fit, { width, height }: Size): Size {
  const long = Math.max(w, h)
  const up = roundedUp(long) / long
  const [across, down] = [width / (w * up), height / (h * up)]
  const most = fit === 'cover' ? Math.min(across, down) : Math.max(across, down)
  return scaled({ width: w, height: h }, up * Math.min(1, most))
}

function roundedUp(side: number): number {
  return ladder.find((step) => step >= side) ?? limits.pictureSideMax
}

function scaled({ width, height }: Size, by: number): Size {
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) }
}

/** Distinct for each picture that can be made of one original. */
export function nameOf({ fit, width, height }: Recipe): string {
  return `${fit}-${width}x${height}`
}
