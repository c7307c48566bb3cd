// What the sandbox's pages look like, and how they are sent.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { escapeHtml } from '../base/text.ts'

const bodyBytesMax = 100_000

const styles = `
:root { color-scheme: light dark }
body {
  margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.5 system-ui, sans-serif;
  background: light-dark(#eef1f6, #10141b); color: light-dark(#1a2230, #e7ecf4);
}
main {
  width: min(24rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 2rem; border-radius: 16px; text-align: center;
  background: light-dark(#fff, #1a202b); box-shadow: 0 8px 32px #0002;
}
h1 { margin: .25rem 0 1rem; font-size: 1.2rem }
p { text-wrap: balance }
.bank { font-weight: 700; letter-spacing: .04em; color: light-dark(#3353c4, #9db2ff) }
.amount { margin: .5rem 0 0; font-size: 2rem; font-weight: 700 }
.shop { margin: 0 0 1rem; opacity: .7 }
.button {
  display: block; width: 100%; box-sizing: border-box; margin-top: .75rem; padding: .85rem; border: 1px solid transparent;
  border-radius: 10px; background: #3353c4; color: #fff; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
details { margin-top: .75rem }
.quiet { border-color: currentColor; background: transparent; color: inherit }
.wide { width: min(60rem, calc(100vw - 2rem)) }
table { width: 100%; margin-top: 1rem; border-collapse: collapse; text-align: left; font-size: .85rem }
th, td { padding: .4rem .6rem; border-top: 1px solid #8884; vertical-align: top }
th[scope=row] { font-weight: 400; overflow-wrap: anywhere }
td form { display: flex; gap: .4rem; margin-bottom: .3rem }
td input { min-width: 0; flex: 1; font: inherit }
.wide > form { display: inline-block; margin: .25rem .5rem }
.wide button { padding: .25rem .6rem; font: inherit; cursor: pointer }
@media (width < 46rem) {
  .wide { padding: 1rem }
  tr { display: block; padding: .6rem 0; border-top: 1px solid #8884 }
  tr:first-child { display: none }
  th, td { display: block; padding: .1rem 0; border: 0 }
}
:focus-visible { outline: 3px solid light-dark(#1a2230, #e7ecf4); outline-offset: 2px }
`

/** `brand`: whose page it is. */
export function page(title: string, body: string, { size = '', brand = 'Sandbox Bank' } = {}): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${styles}</style></head>
<body><main class="${size}"><div class="bank">${escapeHtml(brand)}</div><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`
}

export function sendHtml(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action *; frame-ancestors 'none'",
  })
  response.end(html)
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }).end(JSON.stringify(value))
}

/** @throws BodyTooLarge */
export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    // What is too much is read and left, so that its answer arrives; what has no end is cut.
    if (bytes <= bodyBytesMax) parts.push(chunk as Buffer)
    else if (bytes > 100 * bodyBytesMax) break
  }
  if (bytes > bodyBytesMax) throw new BodyTooLarge('The body is too large.')
  return Buffer.concat(parts)
}

export class BodyTooLarge extends Error {}

export const readText = async (request: IncomingMessage): Promise<string> => (await readBytes(request)).toString('utf8')

/** A development server may be reached by others (`--host 0.0.0.0`, a tunnel): they see its shop, not its payments. */
export function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false
  return /^(?:::1|(?:::ffff:)?127\.[\d.]+)$/.test(socket.remoteAddress ?? '')
}
