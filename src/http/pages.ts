// Addresses beside the operations: health, the OpenAPI document and its reference page. They are in the
// document too: with the operations it describes every route that its reader may use. Files are not in it.
import { limits } from '../base/limits.ts'
import { escapeHtml } from '../base/text.ts'
import type { Operation } from '../operation/define.ts'
import { readRecovery } from '../storage/archive/marks.ts'
import type { StorageAdapter } from '../storage/storage.ts'
import { openApiDocument, readerWith } from './openapi.ts'
import { createResource, type Resource } from './resource.ts'
import type { Page } from './server.ts'

export type PageFacts = {
  readonly name: string
  readonly version: string
  readonly publicUrl: string
  readonly operations: readonly Operation[]
  readonly storage: StorageAdapter
  /** Whether it has been told to stop: it still answers, and nobody should send it more. */
  readonly isStopping?: () => boolean
  /** Whether mail is kept and sent to nobody, where people expect it to be sent. */
  readonly isMailKept?: boolean
  /** False of a shop that no payment provider takes money for. */
  readonly canBePaid?: boolean
  /** The reference page's HTML. */
  readonly referencePage: string
  /** What stands at `/` where the project has no storefront. */
  readonly homePage?: string
}

export function systemPages(facts: PageFacts): Page[] {
  const json = 'application/json; charset=utf-8'
  const html = 'text/html; charset=utf-8'
  const reference = createResource(html, facts.referencePage)
  // One for each set of roles that somebody has.
  const documents = new Map<string, Resource>()
  const pages: Page[] = [
    {
      path: '/livez',
      summary: 'Whether the process runs',
      type: json,
      // Constant cost and no database: a restart does not cure a database that is away.
      answer: async () => ({ status: 200, body: '{"status":"ok"}' }),
    },
    {
      path: '/readyz',
      summary: 'Whether requests will be answered',
      type: json,
      statuses: [200, 503],
      async answer() {
        if (facts.isStopping?.()) return { status: 503, body: '{"status":"stopping"}' }
        try {
          await facts.storage.commitRange()
          const isReviewed = (await readRecovery(facts.storage)) === null
          const remarks = {
            ...(isReviewed ? {} : { restored: 'held effects wait for a review' }),
            ...(facts.isMailKept ? { mail: 'kept and sent to nobody: no mail server is set' } : {}),
            ...(facts.canBePaid === false ? { payments: 'nobody can pay: there is no payment provider' } : {}),
          }
          return { status: 200, body: JSON.stringify({ status: 'ok', ...remarks }) }
        } catch {
          return { status: 503, body: '{"status":"storage_unavailable"}' }
        }
      },
    },
    {
      path: '/api/openapi.json',
      summary: 'This document',
      type: json,
      isPersonal: true,
      async answer(caller) {
        const asking = await caller()
        // Whoever has to show a second factor first is nobody in particular until then.
        const { roles: given, staffIn } = asking.lacksFactor ? { roles: [], staffIn: undefined } : asking
        const roles = [...new Set(given)].sort()
        let document = documents.get(roles.join())
        if (!document) {
          document = createResource(
            json,
            JSON.stringify(openApiDocument(facts.operations, pages, { ...facts, viewer: readerWith(roles, staffIn) })),
          )
          if (documents.size >= limits.roleDocumentsMax) documents.clear()
          documents.set(roles.join(), document)
        }
        return document
      },
    },
    {
      path: '/api/docs',
      summary: 'The API reference, to read and try',
      type: html,
      answer: async () => reference,
    },
  ]
  if (facts.homePage !== undefined) {
    const home = createResource(html, facts.homePage.replaceAll('{{name}}', escapeHtml(facts.name)))
    pages.push({ path: '/', summary: 'Where to go from here', type: html, answer: async () => home })
  }
  return pages
}
