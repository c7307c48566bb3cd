/** What somebody may do with all that is kept of them: have it gathered and download it, and delete the account. */

import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client, isOpen } from '../client.ts'
import { markSession } from '../session-mark.ts'
import { Form, localeOf, useWords, Wrong } from './form.ts'

type Export = { state: 'none' | 'running' | 'ready'; rows: number; url: string | null; expiresAt: string | null }
const lookMs = 2_000

export function YourData({ onClosed }: { onClosed: (day: string) => void }): VNode {
  const words = useWords()
  const day = (iso: string) => new Intl.DateTimeFormat(localeOf(words), { dateStyle: 'long' }).format(new Date(iso))
  const erase = async () => {
    const { dueAt } = await client.call<{ dueAt: string }>('DELETE', '/api/auth/me')
    markSession(false)
    onClosed(day(dueAt))
  }
  return html`<section class="sheet-part">
    <h2>${words.yourData}</h2>
    <${ExportPart} day=${day} />
    <details class="sheet-fold"><summary>${words.erase}</summary>
      <p>${words.eraseText} ${words.eraseGone}</p>
      <p class="faint small">${words.eraseKept}</p>
      <${Form} fields=${[]} action=${words.eraseAction} send=${erase} />
    </details>
  </section>`
}

/** While it is made it is asked for again and again. */
function ExportPart({ day }: { day: (iso: string) => string }): VNode {
  const words = useWords()
  const [made, setMade] = useState<Export | null>(null)
  const [error, setError] = useState<unknown>(undefined)
  const isRunning = made?.state === 'running'
  const look = () => client.call<Export>('GET', '/api/auth/me/export').then(setMade, setError)
  useEffect(() => {
    void look()
    if (!isRunning) return undefined
    const timer = setInterval(() => void look(), lookMs)
    return () => clearInterval(timer)
  }, [isRunning])
  const ask = () => {
    setError(undefined)
    return client.call<Export>('POST', '/api/auth/me/export').then(setMade, setError)
  }
  // A link could not ask for the fresh proof that it may need.
  const download = async (url: string) => {
    setError(undefined)
    await isOpen(url).then((is) => is && location.assign(url), setError)
  }
  const told =
    made === null || made.state === 'none' ? '' : isRunning ? words.exportRunning(made.rows) : words.exportReady(day(made.expiresAt ?? ''))
  return html`<div>
    <p>${words.exportText}</p>
    <p role="status" class=${told ? 'form-note good' : 'hidden'}>${told}</p>
    <${Wrong} error=${error} />
    <p class="sheet-actions">
      ${made?.url && html`<button type="button" class="button primary" onClick=${() => void download(made.url!)}>${words.exportDownload}</button>`}
      ${!isRunning && html`<button type="button" class="button" onClick=${ask}>${words.exportAction}</button>`}
    </p>
  </div>`
}
