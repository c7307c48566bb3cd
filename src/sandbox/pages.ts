// The sandbox's own web pages: the challenge a bank would show, and what is behind the counter (control.ts).
// They are another company's site that happens to run in this process: no route of ours.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SandboxBook } from './book.ts'
import { isControlPath, serveControl } from './control.ts'
import { answerDesk, deskPath, type SandboxDesk } from './desk.ts'
import { bank, serveHostedPage } from './hosted-page.ts'
import { page, readText, sendHtml, sendJson } from './html.ts'

/** A desk for shops in other processes, who know its secret. */
export type OpenDesk = { readonly desk: SandboxDesk; readonly secret: string }

/** Answers requests below `/sandbox`. */
export function createSandboxPages(
  book: SandboxBook,
  open: OpenDesk | null = null,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const isDesk = open !== null && request.method === 'POST' && request.url?.startsWith(deskPath)
    const answering = isDesk ? serveDesk(open, { request, response }) : answer(book, request, response)
    answering.catch(() => sendHtml(response, 500, page('Something broke', '<p>Try again.</p>')))
  }
}

async function serveDesk(
  { desk, secret }: OpenDesk,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { authorization } = request.headers
  const { status, body } = await answerDesk(desk, secret, {
    name: request.url!.slice(deskPath.length),
    authorization,
    body: await readText(request),
  })
  sendJson(response, status, body)
}

async function answer(book: SandboxBook, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const below = (request.url ?? '').split('?', 1)[0]!.slice('/sandbox'.length)
  const challenge = /^\/challenge\/(\w{1,64})$/.exec(below)
  if (challenge && (request.method === 'GET' || request.method === 'POST'))
    return await serveHostedPage({ book, ...bank, returnUrl: (payment) => payment.returnUrl }, challenge[1]!, { request, response })
  if (isControlPath(below)) return await serveControl({ book, base: '/sandbox' }, below, { request, response })
  sendHtml(response, 404, page('Nothing here', '<p>This is the payment sandbox.</p>'))
}
