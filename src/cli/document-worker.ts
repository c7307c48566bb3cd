// The thread that draws documents, one after the other. Who runs it: document-thread.ts.
import { parentPort } from 'node:worker_threads'
import { renderPdf } from '../documents/render-pdf.ts'
import type { FromDocumentThread, ToDocumentThread } from './document-thread.ts'

let last: Promise<void> = Promise.resolve()

parentPort!.on('message', ({ id, document }: ToDocumentThread) => {
  last = last.then(async () => {
    const answer: FromDocumentThread = await renderPdf(document).then(
      (bytes) => ({ id, bytes: new Uint8Array(bytes) }),
      (error: unknown) => ({ id, error: String(error) }),
    )
    parentPort!.postMessage(answer, 'bytes' in answer ? [answer.bytes.buffer as ArrayBuffer] : [])
  })
})
