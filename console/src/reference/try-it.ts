/** One request, filled in and sent from the page. The form, the curl command and what is sent are one draft. */
import { html, useEffect, useMemo, useRef, useState, type VNode } from '../../vendor/htm-preact.js'
import { textOf } from '../ui/parts.ts'
import { isStream, jsonSchemaOf, type Operation, type Parameter } from './document.ts'
import { Copy } from './prose.ts'
import { type Caller, curlOf, type Draft, keyOf, pretty, sendingOf } from './request.ts'
import { exampleOf, type Schemas } from './schema-text.ts'

interface Result {
  status: string
  isGood: boolean
  ms: number
  headers: [name: string, value: string][]
  body: string
}

/** A stream goes on for ever; the page keeps this much of it. */
const shownCharactersMax = 50_000

export function TryIt(props: { operation: Operation; schemas: Schemas; caller: Caller; setCaller: (caller: Caller) => void }): VNode {
  const { operation, schemas, caller } = props
  const bodySchema = jsonSchemaOf(operation.requestBody?.content)
  const example = useMemo(
    () => (bodySchema ? JSON.stringify(exampleOf(bodySchema, schemas, { requiredOnly: true }), null, 2) : ''),
    [operation],
  )
  const [draft, setDraft] = useState<Draft>({ values: {}, body: example })
  const { result, busy, problem, send, stop } = useSending(operation)
  const sending = sendingOf(operation, draft, caller)
  const curl = curlOf(sending, location.origin, caller.kind === 'session' && needsCaller(operation))
  const setValue = (key: string, value: string) => setDraft({ ...draft, values: { ...draft.values, [key]: value } })
  const submit = (event: Event) => {
    event.preventDefault()
    void send(sending, caller)
  }
  return html`<section class="try" aria-label="Try it">
    <div class="panel-head"><h2 class="try-head">Example request</h2><${Copy} text=${curl} label="Copy the curl command" /></div>
    <pre class="curl" tabindex="0">${curl}</pre>
    <form class="form" onSubmit=${submit}>
      <h2 class="try-head">Try it</h2>
      <${CallerFields} caller=${caller} setCaller=${props.setCaller} />
      ${(operation.parameters ?? []).map(
        (parameter) => html`<${ParameterField}
          key=${keyOf(parameter)}
          parameter=${parameter}
          value=${draft.values[keyOf(parameter)] ?? ''}
          onChange=${(value: string) => setValue(keyOf(parameter), value)}
        />`,
      )}
      ${
        operation.requestBody &&
        html`<div class="field">
          <label for="try-body">Body</label>
          <textarea id="try-body" class="mono" rows=${Math.min(16, Math.max(4, draft.body.split('\n').length))} spellcheck="false" value=${draft.body}
            onInput=${(event: Event) => setDraft({ ...draft, body: textOf(event) })} />
        </div>`
      }
      ${problem && html`<p class="note bad" role="alert">${problem}</p>`}
      <div class="form-actions">
        <button type="submit" class="button primary" disabled=${busy}>Send</button>
        ${busy && html`<button type="button" class="button" onClick=${stop}>Stop</button>`}
      </div>
    </form>
    <div aria-live="polite">${result && html`<${Shown} result=${result} />`}</div>
  </section>`
}

function needsCaller(operation: Operation): boolean {
  return operation.tag !== 'Running' && !/register|login|reset|magic|setup/.test(operation.path)
}

function CallerFields({ caller, setCaller }: { caller: Caller; setCaller: (caller: Caller) => void }): VNode {
  const kinds: [Caller['kind'], string][] = [
    ['session', 'The session of this browser'],
    ['bearer', 'A session’s token'],
    ['cart', 'A guest, with a cart’s token'],
  ]
  return html`<div class="caller">
    <div class="field">
      <label for="try-caller">Sent as</label>
      <select id="try-caller" value=${caller.kind} onChange=${(event: Event) => setCaller({ kind: textOf(event) as Caller['kind'], token: '' })}>
        ${kinds.map(([kind, text]) => html`<option key=${kind} value=${kind} selected=${kind === caller.kind}>${text}</option>`)}
      </select>
    </div>
    ${
      caller.kind !== 'session' &&
      html`<div class="field">
        <label for="try-token">Token <span class="faint">kept until this page is left</span></label>
        <input id="try-token" class="mono" autocomplete="off" spellcheck="false" value=${caller.token}
          onInput=${(event: Event) => setCaller({ ...caller, token: textOf(event) })} />
      </div>`
    }
  </div>`
}

function ParameterField(props: { parameter: Parameter; value: string; onChange: (value: string) => void }): VNode {
  const { parameter, value, onChange } = props
  const id = `try-${parameter.in}-${parameter.name}`
  const { enum: choices } = parameter.schema
  const types = [parameter.schema.type].flat()
  const list = choices?.map(String) ?? (types.includes('boolean') ? ['true', 'false'] : undefined)
  const label = html`<label for=${id}><code>${parameter.name}</code><span class="faint">${parameter.required ? 'required' : parameter.in}</span></label>`
  if (list)
    return html`<div class="field">
      ${label}
      <select id=${id} value=${value} onChange=${(event: Event) => onChange(textOf(event))}>
        <option value="">Not sent</option>
        ${list.map((choice) => html`<option key=${choice} value=${choice}>${choice}</option>`)}
      </select>
    </div>`
  const hint = parameter.style === 'deepObject' ? 'title[contains]=emma&year[lt]=1900' : (parameter.schema.default ?? '')
  return html`<div class="field">
    ${label}
    <input id=${id} required=${parameter.required === true} autocomplete="off" spellcheck="false" placeholder=${String(hint)}
      inputmode=${types.includes('integer') ? 'numeric' : undefined} value=${value}
      onInput=${(event: Event) => onChange(textOf(event))} />
  </div>`
}

function useSending(operation: Operation) {
  const [result, setResult] = useState<Result | undefined>(undefined)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState('')
  const abort = useRef<AbortController | undefined>(undefined)
  const stop = () => abort.current?.abort()
  useEffect(() => stop, [operation])

  async function send(sending: ReturnType<typeof sendingOf>, caller: Caller): Promise<void> {
    abort.current = new AbortController()
    const { signal } = abort.current
    setBusy(true)
    setProblem('')
    setResult(undefined)
    const startedAt = performance.now()
    try {
      const response = await fetch(sending.url, {
        method: sending.method,
        headers: sending.headers,
        signal,
        // A pasted token speaks for itself: the session of this browser must not help it along.
        credentials: caller.kind === 'session' ? 'same-origin' : 'omit',
        ...(sending.body === undefined ? {} : { body: sending.body }),
      })
      const answer = {
        status: `${response.status} ${response.statusText}`,
        isGood: response.ok,
        ms: Math.round(performance.now() - startedAt),
        headers: [...response.headers],
      }
      if (response.ok && isStream(operation)) await follow(response, (body) => setResult({ ...answer, body }))
      else setResult({ ...answer, body: pretty(await response.text()) })
    } catch {
      if (!signal.aborted) setProblem('The server could not be reached. Check that it is running, then send again.')
    }
    setBusy(false)
  }
  return { result, busy, problem, send, stop }
}

async function follow(response: Response, show: (text: string) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  show(text)
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    text = (text + part.value).slice(-shownCharactersMax)
    show(text)
  }
}

function Shown({ result }: { result: Result }): VNode {
  return html`<div class="result">
    <div class="panel-head">
      <h2><span class="chip ${result.isGood ? 'good' : 'bad'}">${result.status}</span></h2>
      <span class="faint small">${result.ms} ms</span>
      <${Copy} text=${result.body} label="Copy the answer" />
    </div>
    <details class="fold">
      <summary>${result.headers.length} headers</summary>
      <dl class="headers">
        ${result.headers.map(([name, value]) => html`<div key=${name}><dt><code>${name}</code></dt><dd><code>${value}</code></dd></div>`)}
      </dl>
    </details>
    <pre class="answer" tabindex="0">${result.body === '' ? 'No body.' : result.body}</pre>
  </div>`
}
