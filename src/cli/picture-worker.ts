// The process that decodes pictures of strangers, one at a time. It knows no secret and no database, and may die: of a picture that
// breaks the library, of memory, of its time. Who runs it: picture-processes.ts.
import { writeFileSync } from 'node:fs'
import { isEngineError } from '../base/engine-error.ts'
import type { PictureMaker } from '../domains/files/picture-sizes.ts'
import { loadPictureMaker } from '../domains/files/resize-picture.ts'
import type { FromWorker, ToWorker } from './picture-processes.ts'

const send = (message: FromWorker) => process.send?.(message)
// Nobody is there to be answered.
process.on('disconnect', () => process.exit(0))
preferred()

try {
  const make = await loadPictureMaker({ isAlone: true })
  process.on('message', (message: ToWorker) => void answer(make, message).then(send))
  send({ isReady: true })
} catch (error) {
  send({ cannotLoad: (error as Error).message })
}

async function answer(make: PictureMaker, { original, recipe }: ToWorker): Promise<FromWorker> {
  try {
    return { picture: await make(Buffer.from(original), recipe) }
  } catch (error) {
    return { refused: isEngineError(error, 'picture_not_resizable') ? (error.detail ?? '') : String(error) }
  }
}

/** Where memory runs out, Linux ends this process before the server. */
function preferred(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000')
  } catch {
    // Another system.
  }
}
