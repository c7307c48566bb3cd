/** Chooses a record of another collection by typing its title; an id may be pasted as well. */
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { recordLabel, shortId } from '../format.ts'
import { useLabel } from '../references.ts'
import type { Page, RecordData } from '../shapes.ts'
import { Icon } from './icons.ts'
import { textOf } from './parts.ts'

const choicesMax = 8
const typingMs = 200

export function RefPicker(props: {
  id: string
  collection: string
  many: boolean
  /** Ids, one a line. */
  value: string
  invalid: boolean
  onChange: (value: string) => void
}): VNode {
  const ids = props.value.split('\n').filter(Boolean)
  const [text, setText] = useState('')
  const [choices, setChoices] = useState<RecordData[] | undefined>(undefined)
  useEffect(() => {
    if (choices === undefined && text === '') return
    const timer = setTimeout(async () => {
      const query = new URLSearchParams({
        limit: String(choicesMax),
        ...(text && { search: text }),
      })
      try {
        setChoices((await client.call<Page<RecordData>>('GET', `/api/${props.collection}?${query}`)).items)
      } catch {
        // An id can still be typed in full.
        setChoices([])
      }
    }, typingMs)
    return () => clearTimeout(timer)
  }, [text, choices === undefined])
  const take = (id: string) => {
    setText('')
    setChoices(undefined)
    if (id !== '') props.onChange(props.many ? [...new Set([...ids, id])].join('\n') : id)
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setChoices(undefined)
    if (event.key === 'Enter' && text !== '') {
      event.preventDefault()
      take(choices?.[0]?.id ?? text.trim())
    }
  }
  // The list closes only after a click on one of its buttons had its turn.
  const onBlur = () => setTimeout(() => setChoices(undefined), 150)
  return html`<div class="ref-picker">
    <div class="ref-box">
      ${ids.map(
        (id) => html`<span class="filter-token" key=${id}>
          <span class="token-text"><${Picked} collection=${props.collection} id=${id} /></span>
          <button
            type="button"
            class="token-remove"
            aria-label="Remove"
            onClick=${() => props.onChange(ids.filter((one) => one !== id).join('\n'))}
          >
            <${Icon} name="close" size=${14} />
          </button>
        </span>`,
      )}
      <input
        id=${props.id}
        type="text"
        autocomplete="off"
        aria-invalid=${props.invalid ? 'true' : undefined}
        placeholder=${ids.length > 0 && !props.many ? 'Choose another' : 'Type to find'}
        value=${text}
        onFocus=${() => setChoices([])}
        onBlur=${onBlur}
        onInput=${(event: Event) => setText(textOf(event))}
        onKeyDown=${onKey}
      />
    </div>
    ${
      choices &&
      choices.length > 0 &&
      html`<ul class="choices">
        ${choices.map(
          (choice) => html`<li key=${choice.id}>
            <button type="button" onMouseDown=${(event: Event) => event.preventDefault()} onClick=${() => take(choice.id)}>
              ${recordLabel(choice)} <span class="faint">${shortId(choice.id)}</span>
            </button>
          </li>`,
        )}
      </ul>`
    }
  </div>`
}

function Picked({ collection, id }: { collection: string; id: string }): VNode {
  return html`<span title=${id}>${useLabel(collection, id) ?? shortId(id)}</span>`
}
