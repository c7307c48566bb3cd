/** The recovery codes, which are shown this once. They stay until somebody says that they are kept: no stray click closes them. */

import { html, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { localeOf, useSurroundings } from './form.ts'

export function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }): VNode {
  const { words, name } = useSurroundings()
  const [isCopied, setCopied] = useState(false)
  const place = useRef<HTMLElement | null>(null)
  useEffect(() => {
    place.current?.focus()
    // The browser asks before the page is left.
    const hold = (event: Event) => event.preventDefault()
    addEventListener('beforeunload', hold)
    return () => removeEventListener('beforeunload', hold)
  }, [])
  const day = new Intl.DateTimeFormat(localeOf(words), { dateStyle: 'long' }).format(new Date())
  const title = words.codesOf(name, day)
  const text = `${title}\n\n${codes.join('\n')}\n`
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    setCopied(true)
  }
  return html`<div class="form-note good sheet-kept" tabindex="-1" ref=${place} role="group" aria-label=${words.recoveryCodes}>
    <p class="on-paper">${title}</p>
    <p class="on-screen">${words.keepCodes}</p>
    <ol class="sheet-codes">${codes.map((code) => html`<li key=${code}><code>${code}</code></li>`)}</ol>
    <p class="sheet-actions">
      ${
        // Pages that came over plain HTTP from another machine have none.
        navigator.clipboard &&
        html`<button type="button" class="button small" onClick=${copy}>${isCopied ? words.copied : words.copy}</button>`
      }
      <a class="button small" download="recovery-codes.txt" href=${`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}>${words.download}</a>
      <button type="button" class="button small" onClick=${() => print()}>${words.print}</button>
    </p>
    <p class="sheet-actions"><button type="button" class="button primary wide" onClick=${onKept}>${words.codesKept}</button></p>
    <p class="hidden" role="status">${isCopied && words.copied}</p>
  </div>`
}
