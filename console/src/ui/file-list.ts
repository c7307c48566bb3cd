/** Files of a record: what a browser can show as a picture, the others as a link, each with its name and size. */
import { pictureUrl } from '/client/index.ts'
import { html, type View, type VNode } from '../../vendor/htm-preact.js'
import { formatSize } from '../format.ts'
import type { FileValue } from '../shapes.ts'

/** Pixels on the page. */
const tallest = 320

const pictures = /^image\/(?:png|jpeg|gif|webp|avif)$/

/** Pixels of a row, for screens of twice the density. */
const thumb = { w: 96, h: 96, fit: 'cover' } as const
const thumbsMax = 3

/** `compact` is a table cell: small pictures where there are some, and names of the others. */
export function FileList({ files, compact }: { files: readonly FileValue[]; compact?: boolean }): View {
  if (compact) return html`<${Thumbs} files=${files} />`
  return html`<ul class="files">
    ${files.map((file) => html`<li key=${file.id}><${FileShown} file=${file} /></li>`)}
  </ul>`
}

/** Asked for once they are scrolled to: a list has hundreds. */
function Thumbs({ files }: { files: readonly FileValue[] }): VNode {
  const shown = files.filter(({ type }) => pictures.test(type)).slice(0, thumbsMax)
  const others = files.filter((file) => !shown.includes(file))
  const rest = shown.length > 0 && others.length > 0 ? `+${others.length}` : others.map(({ name }) => name).join(', ')
  return html`<span class="thumbs">
    ${shown.map(
      ({ id, url, name }) =>
        html`<img key=${id} src=${pictureUrl(url, thumb)} width="40" height="40" loading="lazy" alt=${name} title=${name} />`,
    )}
    ${rest && html`<span class="clip" title=${others.map(({ name }) => name).join(', ')}>${rest}</span>`}
  </span>`
}

/** The room that a picture takes once it is there, for what stands below it to stay where it is. */
function roomOf({ width, height }: FileValue): { width?: number; height?: number } {
  if (!width || !height) return {}
  const shown = Math.min(1, tallest / height)
  return { width: Math.max(1, Math.round(width * shown)), height: Math.max(1, Math.round(height * shown)) }
}

export function FileShown({ file }: { file: FileValue }): VNode {
  // What cannot be made smaller, a browser may still show.
  const showWhole = ({ currentTarget: image }: { currentTarget: HTMLImageElement }) => {
    if (image.getAttribute('src') !== file.url) image.src = file.url
  }
  return html`${pictures.test(file.type) && html`<img ...${roomOf(file)} src=${pictureUrl(file.url, { h: 384 })} onError=${showWhole} alt=${file.name} />`}
    <span>
      <a href=${file.url} target="_blank" rel="noreferrer">${file.name}</a>
      ${' '}<span class="faint">${formatSize(file.size)}</span>
    </span>`
}
