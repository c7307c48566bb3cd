/** Owns the address of a picture in another size. */
import { renderQuery } from './query-string.ts'

export type PictureSize = {
  /** Pixels, at least; 4,096 at most. */
  w?: number
  h?: number
  /** How both are met; `inside` when left out. */
  fit?: 'inside' | 'cover' | 'contain'
}

/** `<img src={pictureUrl(book.cover.url, { w: 256 })}>`; a signed link is taken as well. */
export function pictureUrl(url: string, size: PictureSize): string {
  const query = renderQuery(size)
  return url + (url.includes('?') ? query.replace('?', '&') : query)
}
