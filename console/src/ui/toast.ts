/** Short messages that something was done. Failures are not told here: they stand where they happened. */
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'

const shownMs = 4_000
let show: (text: string) => void = () => {}

export function toast(text: string): void {
  show(text)
}

export function Toasts(): VNode {
  const [text, setText] = useState('')
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    show = (next) => {
      setText(next)
      clearTimeout(timer)
      timer = setTimeout(() => setText(''), shownMs)
    }
    return () => clearTimeout(timer)
  }, [])
  return html`<div class="toasts" role="status" aria-live="polite">
    ${text && html`<div class="toast">${text}</div>`}
  </div>`
}
