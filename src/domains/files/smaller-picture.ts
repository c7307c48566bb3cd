// The answer for a picture that is asked for in another size.
import { EngineError } from '../../base/engine-error.ts'
import { limits } from '../../base/limits.ts'
import type { Content } from '../../operation/define.ts'
import type { FileRow } from './collections.ts'
import { contentHeaders } from './file-content.ts'
import { type Asked, nameOf, recipeOf } from './picture-recipe.ts'
import type { PictureSizes } from './picture-sizes.ts'

type Smaller = { readonly headers: ReturnType<typeof contentHeaders>; readonly open: () => Promise<Content> }
type Wanted = { readonly file: FileRow; readonly asked: Asked; readonly isKept: boolean }

/** Null where all of it is asked for, or is all that there is. @throws picture_not_resizable */
export async function smallerOf(pictures: PictureSizes | null, { file, asked, isKept }: Wanted): Promise<Smaller | null> {
  if (pictures === null || (asked.w === undefined && asked.h === undefined) || !(await pictures.areMade())) return null
  const recipe = recipeOf(asked, checkResizable(file))
  const { type } = recipe
  const name = type === file.type ? file.name : `${file.name.replace(/\.[^.]*$/, '')}.${type.slice('image/'.length)}`
  return {
    headers: { ...contentHeaders({ id: file.id, type, name }, isKept), etag: `"${file.id}-${nameOf(recipe)}"` },
    open: () => pictures.contentOf(file, recipe),
  }
}

/** What a browser shows, and its own picture format of old systems. */
const resizable = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/gif']

/** @throws picture_not_resizable */
function checkResizable({ type, width, height, size }: FileRow) {
  const refused = (detail: string) => new EngineError('picture_not_resizable', { detail })
  if (!resizable.includes(type)) throw refused(`It is of type ${type}: pictures of type ${resizable.join(', ')} can be.`)
  if (width === null || height === null) throw refused('Its bytes are no whole picture.')
  const most = type === 'image/avif' ? limits.pictureAvifPixelsMax : limits.picturePixelsMax
  if (width * height > most) throw refused(`It has more than ${most} pixels.`)
  if (size > limits.pictureBytesMax) throw refused(`It has more than ${limits.pictureBytesMax} bytes.`)
  return { type, width, height }
}
