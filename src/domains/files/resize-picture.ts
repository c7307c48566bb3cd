// Pictures made smaller by sharp (libvips).
import type { FailOnOptions } from 'sharp'
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Recipe } from './picture-recipe.ts'
import type { PictureMaker } from './picture-sizes.ts'

const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`)

/**
 * `isAlone`: in a process of its own, which it may set up. In others, such as a project's tests, the library may have other uses.
 * @throws Error where there is no build of it for this system
 */
export async function loadPictureMaker({ isAlone = false } = {}): Promise<PictureMaker> {
  const { default: sharp } = await import('sharp')
  if (isAlone) {
    // One picture takes one core, and nothing of it stays.
    sharp.concurrency(1)
    sharp.cache(false)
    // No more of it is let near the bytes of strangers than is needed: SVG, PDF and others have loaders of their own.
    sharp.block({ operation: ['VipsForeignLoad'] })
    sharp.unblock({ operation: loaders })
  }

  async function made(original: Buffer, { type, fit, width, height }: Recipe, failOn: FailOnOptions): Promise<Buffer> {
    const background = type === 'image/jpeg' ? '#ffffff' : { r: 0, g: 0, b: 0, alpha: 0 }
    // Upright, in sRGB, and without what the camera knew of the place. Of several frames it is the first.
    const picture = sharp(original, { limitInputPixels: limits.picturePixelsMax, failOn, sequentialRead: true })
      .autoOrient()
      .resize({ width, height, fit, background, withoutEnlargement: fit === 'inside' })
    return await (type === 'image/jpeg' ? picture.jpeg() : picture.webp()).toBuffer()
  }

  return async (original, recipe) => {
    try {
      // A camera's small mistakes are no reason to refuse it; what was cut is.
      return await made(original, recipe, 'error').catch(async (error: Error) => {
        if (!error.message.includes('premature end of JPEG')) throw error
        // All of it may be there but for the mark of the end: with that, nothing may be amiss.
        return await made(Buffer.concat([original, jpegEnd]), recipe, 'warning')
      })
    } catch (cause) {
      throw new EngineError('picture_not_resizable', { detail: reasonOf(cause), cause })
    }
  }
}

/** ITU T.81 annex B: EOI. */
const jpegEnd = Buffer.from([0xff, 0xd9])

function reasonOf(cause: unknown): string {
  return (cause as Error).message.includes('pixel limit')
    ? `It has more than ${limits.picturePixelsMax} pixels.`
    : 'Its bytes are no whole picture.'
}
