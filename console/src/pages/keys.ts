/** API keys of whoever is signed in: those there are, a new one with what it may, and the end of one. */
import { ApiError, type ApiKey } from '/client/index.ts'
import { html, useEffect, useState, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { fieldErrors } from '../field-input.ts'
import { dayOf, type EndChoice, endChoices, endOf } from '../key-expiry.ts'
import { Card, Chip, Confirm, Empty, ErrorNote, PageHead, Skeleton, Time, textOf } from '../ui/parts.ts'
import { SecretOnce } from '../ui/secret-once.ts'
import { type Column, Table } from '../ui/table.ts'

interface NewKeyData {
  name: string
  scopes: string[]
  /** Null: never. */
  expiresAt: string | null
}

interface Keys {
  items: readonly ApiKey[]
  scopes: readonly string[]
}

export function KeysPage(): VNode {
  const [keys, setKeys] = useState<Keys | undefined>(undefined)
  const [error, setError] = useState<unknown>(undefined)
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<(ApiKey & { key: string }) | undefined>(undefined)
  const [ending, setEnding] = useState<ApiKey | undefined>(undefined)
  const load = () => {
    setError(undefined)
    client.auth.keys().then(setKeys, setError)
  }
  useEffect(() => {
    load()
    return undefined
  }, [])
  const create = async (body: NewKeyData) => {
    setMade(await client.call<ApiKey & { key: string }>('POST', '/api/auth/keys', { body }))
    setMaking(false)
    load()
  }
  const add = !isMaking && !made && html`<button type="button" class="button primary" onClick=${() => setMaking(true)}>New key</button>`
  return html`
    <${PageHead} title="API keys" actions=${add} />
    <${ErrorNote} error=${error} retry=${load} />
    ${
      made &&
      html`<${SecretOnce} secret=${made.key} onKept=${() => setMade(undefined)}>
        Give <b>${made.name}</b> to the program that it is for. It acts as you do, as far as its scopes go.
      <//>`
    }
    ${isMaking && keys && html`<${NewKey} scopes=${keys.scopes} save=${create} onCancel=${() => setMaking(false)} />`}
    ${keys === undefined ? !error && html`<${Skeleton} />` : html`<${KeyTable} items=${keys.items} onEnd=${setEnding} />`}
    ${
      ending &&
      html`<${EndKey}
        item=${ending}
        onClose=${() => setEnding(undefined)}
        onDone=${() => {
          setEnding(undefined)
          load()
        }}
      />`
    }
  `
}

function KeyTable({ items, onEnd }: { items: readonly ApiKey[]; onEnd: (item: ApiKey) => void }): VNode {
  if (items.length === 0) return html`<${Empty} icon="key" title="No keys">A key lets a program of yours in, for what you choose.<//>`
  const columns: Column<ApiKey>[] = [
    { key: 'name', label: 'Name', place: 'lead', render: ({ name, hint }) => html`${name} <code class="faint">${hint}</code>` },
    {
      key: 'scopes',
      label: 'May',
      render: ({ scopes }) => html`<span class="clip wide" title=${scopes.join(', ')}>${scopes.join(', ')}</span>`,
    },
    {
      key: 'usedAt',
      label: 'Last used',
      render: ({ usedAt }) => (usedAt ? html`<${Time} at=${usedAt} />` : html`<span class="faint">never</span>`),
    },
    { key: 'expiresAt', label: 'Ends', render: ({ expiresAt }) => html`<${End} at=${expiresAt} />` },
    {
      key: 'end',
      label: 'End',
      place: 'bare',
      render: (item) =>
        html`<button type="button" class="button small danger" aria-label=${`End the key ${item.name}`} onClick=${() => onEnd(item)}>End</button>`,
    },
  ]
  return html`<div class="list"><${Card} flush><${Table} label="API keys" columns=${columns} items=${items} /><//></div>`
}

function End({ at }: { at: string | null }): VNode {
  if (at === null) return html`never, unless you end it`
  const isOver = Date.parse(at) <= Date.now()
  return html`<${Time} at=${at} />${isOver && html` <${Chip} state="expired" tone="bad" />`}`
}

function EndKey({ item, onClose, onDone }: { item: ApiKey; onClose: () => void; onDone: () => void }): VNode {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(undefined)
  const end = () => {
    setBusy(true)
    client.auth.revokeKey(item.id).then(onDone, (cause: unknown) => {
      setError(cause)
      setBusy(false)
    })
  }
  return html`<${Confirm} title=${`End ${item.name}?`} action="End it" busy=${busy} error=${error} onConfirm=${end} onClose=${onClose}>
    Programs that use it are refused from now on.
  <//>`
}

function NewKey(props: { scopes: readonly string[]; save: (body: NewKeyData) => Promise<void>; onCancel: () => void }): VNode {
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<readonly string[]>([])
  const [end, setEnd] = useState<EndChoice>('90')
  const [day, setDay] = useState('')
  const [faults, setFaults] = useState<{ [field: string]: string }>({})
  const [error, setError] = useState<unknown>(undefined)
  const [busy, setBusy] = useState(false)
  const turn = (scope: string) => setChosen(chosen.includes(scope) ? chosen.filter((one) => one !== scope) : [...chosen, scope])
  const submit = async (event: Event) => {
    event.preventDefault()
    setError(undefined)
    const expiresAt = endOf(end, day, new Date())
    if (chosen.length === 0) return setFaults({ scopes: 'Choose what it may do.' })
    if (expiresAt === undefined) return setFaults({ expiresAt: 'Choose a day that is not over.' })
    setFaults({})
    setBusy(true)
    try {
      await props.save({ name: name.trim(), scopes: [...chosen], expiresAt })
    } catch (cause) {
      const found = cause instanceof ApiError ? fieldErrors(cause.errors) : {}
      setFaults(found)
      setError(Object.keys(found).length === 0 ? cause : undefined)
      setBusy(false)
    }
  }
  const ofCollections = props.scopes.filter((scope) => scope.includes(':'))
  const ofOperations = props.scopes.filter((scope) => !scope.includes(':'))
  const boxes = (scopes: readonly string[]) =>
    scopes.map(
      (scope) => html`<label key=${scope}>
        <input type="checkbox" checked=${chosen.includes(scope)} onInput=${() => turn(scope)} /> <code>${scope}</code>
      </label>`,
    )
  return html`<${Card} title="New key">
    <form class="form" onSubmit=${submit} novalidate>
      <div class="field">
        <label for="key-name">Name</label>
        <input id="key-name" type="text" autocomplete="off" autofocus value=${name} onInput=${(event: Event) => setName(textOf(event))}
          aria-invalid=${faults['name'] ? 'true' : undefined} aria-describedby=${faults['name'] ? 'key-name-fault' : undefined} />
        ${faults['name'] && html`<p class="field-error" id="key-name-fault">${faults['name']}</p>`}
      </div>
      <fieldset class="choice">
        <legend>Records it may read or write</legend>
        <div class="event-kind">${boxes(ofCollections)}</div>
      </fieldset>
      <details>
        <summary>Single operations</summary>
        <fieldset class="choice">
          <legend>Operations it may call</legend>
          <div class="event-kind">${boxes(ofOperations)}</div>
        </fieldset>
      </details>
      <${WhenItEnds} end=${end} setEnd=${setEnd} day=${day} setDay=${setDay} fault=${faults['expiresAt']} />
      ${faults['scopes'] && html`<p class="field-error" role="alert">${faults['scopes']}</p>`}
      <${ErrorNote} error=${error} />
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${busy}>Make the key</button>
        <button type="button" class="button" onClick=${props.onCancel}>Cancel</button>
      </div>
    </form>
  <//>`
}

function WhenItEnds(props: {
  end: EndChoice
  setEnd: (end: EndChoice) => void
  day: string
  setDay: (day: string) => void
  fault: string | undefined
}): VNode {
  const { end, setEnd, day, setDay, fault } = props
  const choices = Object.entries(endChoices) as [EndChoice, string][]
  return html`<fieldset class="choice">
    <legend>When it ends</legend>
    ${choices.map(
      ([value, text]) => html`<label key=${value}>
        <input type="radio" name="key-end" value=${value} checked=${end === value} onInput=${() => setEnd(value)} />
        <span>${text}${value === 'never' && html` <span class="faint">it works until you end it, also for whoever finds it</span>`}</span>
      </label>`,
    )}
    ${
      end === 'day' &&
      html`<div class="field">
        <label for="key-day">Its last day</label>
        <input id="key-day" type="date" min=${dayOf(new Date())} value=${day} onInput=${(event: Event) => setDay(textOf(event))}
          aria-invalid=${fault ? 'true' : undefined} aria-describedby=${fault ? 'key-day-fault' : undefined} />
        ${fault && html`<p class="field-error" id="key-day-fault" role="alert">${fault}</p>`}
      </div>`
    }
  </fieldset>`
}
