// The thread that draws documents: one takes a tenth of a second of a core and more, in which nobody would be answered.
import { extname } from 'node:path'
import { EngineError } from '../base/engine-error.ts'
import { limits } from '../base/limits.ts'
import type { RenderDocument } from '../documents/render-document.ts'
import { createWorkerThread } from './worker-thread.ts'

export type DocumentThread = { readonly render: RenderDocument; stop(): void }

/** TypeScript in a clone, JavaScript in the package. */
const file = `./document-worker${extname(import.meta.url)}`

/** `idleMs`: how long it is kept. It has some 60 MB. */
export function createDocumentThread({ idleMs = 30_000, documentMs = limits.documentMs as number } = {}): DocumentThread {
  const thread = createWorkerThread<Parameters<RenderDocument>[0]>({
    file: new URL(file, import.meta.url),
    waitingMax: limits.documentsWaitingMax,
    ...{ idleMs, eachMs: documentMs },
    tooLong: () => new EngineError('overloaded', { detail: 'The document takes too long.' }),
    failed: (why) => new Error(why),
  })
  return { render: (document) => thread.ask<Uint8Array>(document), stop: thread.stop }
}
