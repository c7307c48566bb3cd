// A QR code as a telephone reads it: off the pixels of the screen, by a library that had no part in drawing it.
import assert from 'node:assert/strict'
import jsqr from 'jsqr'
import type { Locator } from 'playwright-core'
import sharp from 'sharp'

export async function readQrCode(drawing: Locator): Promise<string> {
  const { data, info } = await sharp(await drawing.screenshot())
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const found = jsqr.default(new Uint8ClampedArray(data), info.width, info.height)
  assert.ok(found, 'there is a QR code that can be read')
  return found.data
}
