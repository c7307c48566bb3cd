/**
 * Chooses files and sends them at once; the form keeps what the server calls them, and the record claims them when it is saved.
 * Invariant: a form is not sent while a file is on its way, and a form that is left ends the sending.
 */
import { ApiError, type UploadOptions } from '/client/index.ts'
import { html, useEffect, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { client, Unreachable } from '../client.ts'
import { filesOf, filesText, sendingKey, sentence } from '../field-input.ts'
import { formatSize } from '../format.ts'
import type { FieldInfo, FileValue } from '../shapes.ts'
import { FileShown } from './file-list.ts'
import { Icon } from './icons.ts'

export function FileInput(props: {
  id: string
  field: FieldInfo
  /** Its part of the draft. */
  value: string
  set: (name: string, text: string) => void
  'aria-invalid': string | undefined
  'aria-describedby': string | undefined
}): VNode {
  const { id, field, set } = props
  const isMany = field.input === 'files'
  const files = filesOf(props.value)
  // What is sent meanwhile joins the files of then, not those of when it was chosen.
  const latest = useRef(files)
  latest.current = files
  const leaving = useRef(new AbortController())
  useEffect(() => () => leaving.current.abort(), [])
  const [sending, setSending] = useState<SendingFile | null>(null)
  const [fault, setFault] = useState('')
  const keep = (next: readonly FileValue[]) => {
    latest.current = [...next]
    set(field.name, filesText(next))
  }
  const send = async (chosen: readonly File[]) => {
    setFault('')
    for (const file of chosen) {
      setSending({ name: file.name, percent: 0 })
      set(sendingKey(field.name), file.name)
      try {
        checkSize(file, field)
        const onProgress = (sent: number, total: number) => setSending({ name: file.name, percent: Math.floor((100 * sent) / total) })
        const kept = await client.files.upload(file, { onProgress, signal: leaving.current.signal, ...keptInTab() })
        keep(isMany ? [...latest.current, kept] : [kept])
      } catch (error) {
        if (leaving.current.signal.aborted) return
        setFault(`${file.name}: ${faultOf(error)}`)
        break
      }
    }
    setSending(null)
    set(sendingKey(field.name), '')
  }
  const onChange = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement
    const chosen = [...(input.files ?? [])]
    // So that the same one can be chosen again.
    input.value = ''
    void send(chosen)
  }
  return html`<div class="file-input">
    ${
      files.length > 0 &&
      html`<ul class="files">
      ${files.map(
        (file) => html`<li key=${file.id}>
          <${FileShown} file=${file} />
          <button type="button" class="icon-button" aria-label=${`Remove ${file.name}`}
            onClick=${() => keep(latest.current.filter((one) => one.id !== file.id))}>
            <${Icon} name="close" size=${14} />
          </button>
        </li>`,
      )}
    </ul>`
    }
    <input type="file" id=${id} multiple=${isMany} accept=${field.accept?.join(',')} disabled=${sending !== null}
      aria-invalid=${props['aria-invalid']} aria-describedby=${props['aria-describedby']} onChange=${onChange} />
    <${Progress} of=${sending} />
    ${fault && html`<p class="field-error" role="alert">${fault}</p>`}
  </div>`
}

/** After a reload the same file, chosen again, goes on where it stood. In the tab alone: others may use this browser. */
function keptInTab(): Pick<UploadOptions, 'keptIn'> {
  try {
    return { keptIn: sessionStorage }
  } catch {
    // Storage may be forbidden: then it begins anew.
    return {}
  }
}

type SendingFile = { readonly name: string; readonly percent: number }

function Progress({ of }: { of: SendingFile | null }): VNode {
  return html`<p role="status" hidden=${of === null}>${of && `Sending ${of.name} …`}</p>
    ${of && html`<progress max="100" value=${of.percent} aria-label=${`Sent of ${of.name}`} />`}`
}

/** Told before it is sent: the server would end the line on it. */
class TooLarge extends Error {}

function checkSize({ size }: File, { maxBytes = Infinity }: FieldInfo): void {
  if (size > maxBytes) throw new TooLarge(`Has ${formatSize(size)} and may have ${formatSize(maxBytes)}.`)
}

function faultOf(error: unknown): string {
  if (error instanceof ApiError) return sentence(error.errors[0]?.message ?? error.message)
  return error instanceof Unreachable || error instanceof TooLarge ? error.message : 'This file could not be read. Choose it again.'
}
