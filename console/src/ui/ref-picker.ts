/** Chooses a record of another collection by typing its title; an id may be pasted as well. */
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { labelIn, labelNeeds, shortId } from '../format.ts'
import { useLabel } from '../references.ts'
import type { Page, RecordData } from '../shapes.ts'
import { Icon } from './icons.ts'
import { textOf } from './parts.ts'

const choicesMax = 8
const typingMs = 200

/** Variants are found by their product as well: of `Paperback` there are many. */
async function findChoices(collection: string, text: string, accepts: (choice: RecordData) => boolean): Promise<RecordData[]> {
  const list = async (of: string, expand: string | undefined) => {
    const query = new URLSearchParams({ limit: String(choicesMax), ...(text && { search: text }), ...(expand && { expand }) })
    return (await client.call<Page<RecordData>>('GET', `/api/${of}?${query}`)).items
  }
  const [own, products] = await Promise.all([
    list(collection, labelNeeds[collection]),
    collection === 'variants' && text !== '' ? list('products', 'variants') : [],
  ])
  const ofProducts = products.flatMap((product) => (product['variants'] as RecordData[]).map((variant) => ({ ...variant, product })))
  const found = new Map([...ofProducts, ...own].map((choice) => [choice.id, choice]))
  return [...found.values()].filter(accepts).slice(0, choicesMax)
}

export function RefPicker(props: {
  id: string
  collection: string
  many: boolean
  /** Ids, one a line. */
  value: string
  invalid: boolean
  /** Of what is found, what is offered; all of it when left out. */
  accepts?: (choice: RecordData) => boolean
  onChange: (value: string) => void
}): VNode {
  const ids = props.value.split('\n').filter(Boolean)
  const [text, setText] = useState('')
  const [choices, setChoices] = useState<RecordData[] | undefined>(undefined)
  useEffect(() => {
    if (choices === undefined && text === '') return
    const timer = setTimeout(async () => {
      try {
        setChoices(await findChoices(props.collection, text, props.accepts ?? (() => true)))
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
  // Whoever goes on to one of its buttons, by mouse or keyboard, still needs the list.
  const onLeave = (event: FocusEvent) => {
    if (!(event.currentTarget as HTMLElement).contains(event.relatedTarget as Node | null)) setChoices(undefined)
  }
  return html`<div class="ref-picker" onFocusOut=${onLeave}>
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
              ${labelIn(props.collection, choice)} <span class="faint">${shortId(choice.id)}</span>
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
