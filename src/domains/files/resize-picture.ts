// Pictures made smaller by sharp (libvips). Only what it reads here is let near the bytes of strangers: SVG, PDF and the like
// have loaders of their own, which stay shut.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { PictureMaker } from './picture-sizes.ts'

const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((name) => `VipsForeignLoad${name}Buffer`)

/** @throws Error where there is no build of it for this system */
export async function loadPictureMaker(): Promise<PictureMaker> {
  const { default: sharp } = await import('sharp')
  // One picture takes one core, and nothing of it stays.
  sharp.concurrency(1)
  sharp.cache(false)
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({ operation: loaders })

  return async (original, { type, fit, width, height }) => {
    // A camera's small mistakes are no reason; what has no end is. Of several frames it is the first.
    const options = { limitInputPixels: limits.picturePixelsMax, failOn: 'error', sequentialRead: true } as const
    const background = type === 'image/jpeg' ? '#ffffff' : { r: 0, g: 0, b: 0, alpha: 0 }
    try {
      // Upright, in sRGB, and without what the camera knew of the place.
      const picture = sharp(original, options)
        .autoOrient()
        .resize({ width, height, fit, background, withoutEnlargement: fit === 'inside' })
      return await (type === 'image/jpeg' ? picture.jpeg() : picture.webp()).toBuffer()
    } catch (cause) {
      throw new EngineError('picture_not_resizable', { detail: reasonOf(cause), cause })
    }
  }
}

function reasonOf(cause: unknown): string {
  const { message } = cause as Error
  if (message.includes('pixel limit')) return `It has more than ${limits.picturePixelsMax} pixels.`
  return 'Its bytes are no whole picture.'
}
