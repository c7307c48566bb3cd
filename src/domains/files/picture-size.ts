// How many pixels a picture has, by its first bytes: nothing is decoded. What does not say so there has no size here.

type Size = { readonly width: number; readonly height: number }

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
}

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

/** ITU T.81 annex B: segments until the frame that says it. */
function jpegSize(view: DataView): Size | null {
  let at = 2
  while (view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) at += 1
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    else at += 2 + Math.max(2, view.getUint16(at + 2))
  }
  return null
}
