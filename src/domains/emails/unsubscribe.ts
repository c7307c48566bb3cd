// Switching off mails that nobody asked for, by the link in them: at once by POST, as mail programs do (RFC 8058), or by the button of a page,
// which GET shows. GET alone changes nothing: whatever looks at the links of mails calls it.
import { Readable } from 'node:stream'
import { anyone } from '../../access/rule.ts'
import { EngineError } from '../../base/engine-error.ts'
import { languageOf } from '../../base/language.ts'
import { limits } from '../../base/limits.ts'
import { escapeHtml } from '../../base/text.ts'
import { Type } from '../../contract/type.ts'
import { languageWords } from '../../languages/language-texts.ts'
import { type CallContext, command, type Operation, query } from '../../operation/define.ts'
import { emails } from './collections.ts'
import { suppress } from './suppressions.ts'
import type { UnsubscribeLinks } from './unsubscribe-link.ts'

const input = Type.Object(
  {
    email: Type.String({ maxLength: limits.idCharactersMax, description: 'Of the link.' }),
    signature: Type.String({ maxLength: limits.tokenCharactersMax, description: 'Of the link.' }),
  },
  { additionalProperties: false },
)
const common = {
  tag: 'E-mails',
  scope: null,
  input,
  output: Type.String(),
  isPresented: true,
  mediaType: 'text/html',
  access: anyone,
} as const

/** `GET /api/mail/unsubscribe`: the page that asks. */
export function askUnsubscribe(links: UnsubscribeLinks): Operation {
  return query({
    ...common,
    name: 'emails.askUnsubscribe',
    route: 'GET /api/mail/unsubscribe',
    summary: 'The page that a mail leads to: no more mails like this?',
    async run(context) {
      return pageOf(context, (await links.isGood(context.input)) ? 'ask' : 'broken')
    },
  })
}

/** `POST /api/mail/unsubscribe`: whoever sent the message writes no more of that kind to its address. */
export function unsubscribe(links: UnsubscribeLinks): Operation {
  return command({
    ...common,
    name: 'emails.unsubscribe',
    route: 'POST /api/mail/unsubscribe',
    summary: 'Take an address off mails that nobody asked for',
    rawBody: true,
    takesQuery: true,
    errors: ['link_invalid'],
    // Programs for mail send it, from wherever they are.
    isFromElsewhere: true,
    takesNoKey: 'twice is the same as once',
    async prepare({ input: link }) {
      return await links.isGood(link)
    },
    async run(context) {
      const { tx, input: link, prepared: isGood } = context
      if (!isGood) throw new EngineError('link_invalid')
      const email = await tx.get(emails, link.email)
      // Of somebody who was erased since, there is nobody left to write to.
      if (email !== null) await suppress(context, { address: email.to, reason: 'unsubscribe', email: email.id })
      return pageOf(context, 'done')
    },
  })
}

type State = 'ask' | 'done' | 'broken'

function pageOf({ request, project }: CallContext<unknown>, state: State) {
  const language = languageOf(request.headers['accept-language'], project.mail.language)
  const words = languageWords(language).unsubscribe
  const title = { ask: words.title, done: words.doneTitle, broken: words.brokenTitle }[state]
  const text = { ask: words.ask, done: words.done, broken: words.broken }[state].replace('{shop}', project.name)
  // Of the same address, with all that it says.
  const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>${words.button}</button></form>`
  const html = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${styles}</style></head>
<body><main><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${state === 'ask' ? form : ''}</main></body></html>`
  const bytes = Buffer.from(html)
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  }
  return {
    output: '',
    headers,
    content: { size: bytes.length, open: async () => Readable.from([bytes]) },
  }
}

const styles = `
:root { color-scheme: light dark }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; font: 17px/1.5 system-ui, sans-serif;
  background: light-dark(#f4f4f1, #16161a); color: light-dark(#1d1d1b, #ececea) }
main { width: min(28rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 2rem; border-radius: 12px; background: light-dark(#fff, #202026) }
h1 { margin: 0 0 .5rem; font-size: 1.3rem }
button { margin-top: .5rem; padding: .75rem 1.25rem; border: 0; border-radius: 8px; background: light-dark(#1d1d1b, #ececea);
  color: light-dark(#fff, #16161a); font: inherit; font-weight: 600; cursor: pointer }
:focus-visible { outline: 3px solid light-dark(#2f5bd0, #9db2ff); outline-offset: 2px }
`
