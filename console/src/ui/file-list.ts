/** Files of a record: what a browser can show as a picture, the others as a link, each with its name and size. */
import { pictureUrl } from '/client/index.ts'
import { html, type View, type VNode } from '../../vendor/htm-preact.js'
import { formatSize } from '../format.ts'
import type { FileValue } from '../shapes.ts'

/** Pixels on the page. */
const tallest = 320

const pictures = /^image\/(?:png|jpeg|gif|webp|avif)$/

/** `compact` is a table cell: names alone. */
export function FileList({ files, compact }: { files: readonly FileValue[]; compact?: boolean }): View {
  if (compact) return files.map(({ name }) => name).join(', ')
  return html`<ul class="files">
    ${files.map((file) => html`<li key=${file.id}><${FileShown} file=${file} /></li>`)}
  </ul>`
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
