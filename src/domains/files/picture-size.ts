// How many pixels a picture has as it is shown, so upright, by its first bytes: nothing is decoded. What does not say so there has
// no size here.
import type { Size } from './picture-recipe.ts'

export function pictureSize(type: string, head: Uint8Array): Size | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  try {
    const size = readers[type]?.(view) ?? null
    return size !== null && size.width > 0 && size.height > 0 ? size : null
  } catch (error) {
    // It ends within its own head.
    if (error instanceof RangeError) return null
    throw error
  }
}

const readers: Readonly<Record<string, (view: DataView) => Size | null>> = {
  'image/png': (view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  'image/gif': (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  'image/webp': webpSize,
  'image/jpeg': jpegSize,
  'image/avif': avifSize,
}

const turned = ({ width, height }: Size): Size => ({ width: height, height: width })

/** https://developers.google.com/speed/webp/docs/riff_container and RFC 6386 section 9.1 */
function webpSize(view: DataView): Size | null {
  switch (view.getUint32(12)) {
    case 0x56503858: {
      const three = (at: number) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16) + 1
      return { width: three(24), height: three(27) }
    }
    case 0x5650384c: {
      const bits = view.getUint32(21, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 0x56503820:
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    default:
      return null
  }
}

/** ITU T.81 annex B: segments until the frame that says it. Exif's comes before it. */
function jpegSize(view: DataView): Size | null {
  let at = 2
  let isTurned = false
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) at += 1
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      const size = { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
      return isTurned ? turned(size) : size
    } else {
      if (marker === 0xe1) isTurned ||= isTurnedByExif(view, at + 4)
      at += 2 + Math.max(2, view.getUint16(at + 2))
    }
  }
  return null
}

/** Exif 2.3 section 4.6: the orientations 5 to 8 lie on their side. */
function isTurnedByExif(view: DataView, start: number): boolean {
  if (view.getUint32(start) !== 0x45786966) return false
  const tiff = start + 6
  const isLittle = view.getUint16(tiff) === 0x4949
  const directory = tiff + view.getUint32(tiff + 4, isLittle)
  const count = view.getUint16(directory, isLittle)
  for (let at = directory + 2; at < directory + 2 + count * 12; at += 12)
    if (view.getUint16(at, isLittle) === 0x0112) return view.getUint16(at + 8, isLittle) >= 5
  return false
}

/**
 * ISO/IEC 23008-12 section 6.5: the properties `ispe` say a size each, of the picture and of what it is put together from, and `irot`
 * turns it. The picture is the largest.
 */
function avifSize(view: DataView): Size | null {
  let found: Size | null = null
  let isTurned = false
  for (let at = 0; at + 16 <= view.byteLength; at++) {
    const name = view.getUint32(at)
    if (name === 0x69726f74) isTurned = (view.getUint8(at + 4) & 1) === 1
    if (name !== 0x69737065) continue
    const size = { width: view.getUint32(at + 8), height: view.getUint32(at + 12) }
    if (found === null || size.width * size.height > found.width * found.height) found = size
  }
  return found !== null && isTurned ? turned(found) : found
}
