// The port to whoever draws documents.
import type { InvoiceDocument } from './invoice-document.ts'

/** The same bytes for the same document. @throws overloaded when too many wait for theirs */
export type RenderDocument = (document: InvoiceDocument) => Promise<Uint8Array>
