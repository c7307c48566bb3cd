// The thread that draws documents. Who runs it: document-thread.ts.
import type { InvoiceDocument } from '../documents/invoice-document.ts'
import { renderPdf } from '../documents/render-pdf.ts'
import { answerInThread } from './answer-in-thread.ts'

answerInThread(
  async (document: InvoiceDocument) => new Uint8Array(await renderPdf(document)),
  (bytes) => [bytes.buffer],
)
