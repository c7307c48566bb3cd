/** One operation: what it takes, what it answers, what can go wrong, and a form to try it. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { type Fault, faultsOf, goodAnswer, isStream, jsonSchemaOf, type OpenApi, type Operation, type Parameter } from './document.ts'
import { Copy, Method, Path, Prose } from './prose.ts'
import type { Caller } from './request.ts'
import { exampleOf, type Schema, type Schemas, typeText } from './schema-text.ts'
import { Details, SchemaTree } from './schema-tree.ts'
import { TryIt } from './try-it.ts'

export function OperationPage(props: {
  operation: Operation
  document: OpenApi
  common: ReadonlySet<string>
  caller: Caller
  setCaller: (caller: Caller) => void
}): VNode {
  const { operation, document, common } = props
  const { schemas } = document.components
  const faults = faultsOf(operation)
  const body = operation.requestBody
  const bodySchema = jsonSchemaOf(body?.content)
  return html`<div class="operation">
    <div class="facts">
      <header class="operation-head">
        <p class="faint small">${operation.tag} · <code>${operation.operationId}</code></p>
        <h1 tabindex="-1">${operation.summary}</h1>
        <p class="route"><${Method} name=${operation.method} /><${Path} path=${operation.path} /></p>
        ${operation.description && html`<p><${Prose} text=${operation.description} /></p>`}
      </header>
      <${Parameters} parameters=${operation.parameters ?? []} schemas=${schemas} />
      ${
        body &&
        html`<section class="part">
          <h2>Body${body.required && html`<span class="required">required</span>`}</h2>
          ${bodySchema ? html`<${SchemaTree} schema=${bodySchema} schemas=${schemas} isSent />` : html`<p class="faint">As it comes: the signature is over its bytes.</p>`}
        </section>`
      }
      <${GoodAnswer} operation=${operation} schemas=${schemas} />
      ${faults.length > 0 && html`<${Faults} faults=${faults} common=${common} />`}
    </div>
    <${TryIt} operation=${operation} schemas=${schemas} caller=${props.caller} setCaller=${props.setCaller} />
  </div>`
}

function Parameters({ parameters, schemas }: { parameters: readonly Parameter[]; schemas: Schemas }): VNode | null {
  if (parameters.length === 0) return null
  return html`<section class="part">
    <h2>Parameters</h2>
    <ul class="tree">
      ${parameters.map(
        (parameter) => html`<li key=${parameter.in + parameter.name}>
          <div class="property">
            <span class="leaf"><code class="name">${parameter.name}</code><span class="type">${typeText(parameter.schema, schemas)}</span></span>
            <span class="tag">${parameter.in}</span>
            ${parameter.required && html`<span class="required">required</span>`}
          </div>
          <${Details} schema=${{ ...parameter.schema, ...(parameter.description === undefined ? {} : { description: parameter.description }) }} />
        </li>`,
      )}
    </ul>
  </section>`
}

function GoodAnswer({ operation, schemas }: { operation: Operation; schemas: Schemas }): VNode | null {
  const good = goodAnswer(operation)
  if (!good) return null
  const [status, answer] = good
  const schema = jsonSchemaOf(answer.content)
  const type = Object.keys(answer.content ?? {})[0]
  return html`<section class="part">
    <h2>Answer <span class="chip good">${status}</span></h2>
    ${isStream(operation) && html`<p class="faint">A stream of server-sent events: <code>change</code>, <code>reset</code>, <code>ready</code>.</p>`}
    ${!type && html`<p class="faint">No body.</p>`}
    ${type && !schema && !isStream(operation) && html`<p class="faint">${type}</p>`}
    ${schema && hasShape(schema) && html`<${Shape} schema=${schema} schemas=${schemas} />`}
  </section>`
}

function hasShape(schema: Schema): boolean {
  return Object.keys(schema).length > 0
}

function Shape({ schema, schemas }: { schema: Schema; schemas: Schemas }): VNode {
  const example = JSON.stringify(exampleOf(schema, schemas), null, 2)
  return html`
    <${SchemaTree} schema=${schema} schemas=${schemas} />
    <details class="fold">
      <summary>Example</summary>
      <div class="with-copy"><pre tabindex="0">${example}</pre><${Copy} text=${example} label="Copy the example" /></div>
    </details>
  `
}

function Faults({ faults, common }: { faults: readonly Fault[]; common: ReadonlySet<string> }): VNode {
  const own = faults.filter(({ code }) => !common.has(code))
  const shared = faults.filter(({ code }) => common.has(code))
  return html`<section class="part">
    <h2>Errors</h2>
    ${own.length > 0 && html`<${FaultTable} faults=${own} />`}
    ${
      shared.length > 0 &&
      html`<details class="fold">
        <summary>${own.length > 0 ? `${shared.length} more that any request can meet` : `${shared.length} that any request can meet`}</summary>
        <${FaultTable} faults=${shared} />
      </details>`
    }
  </section>`
}

/** `place`: where on the page of all errors somebody is. Each has an address there: `errors/CODE`. */
export function FaultTable({ faults, place }: { faults: readonly Fault[]; place?: string }): VNode {
  const entry = ({ status, code, message }: Fault) => {
    const address = place === undefined ? undefined : `errors/${code}`
    const isAskedFor = address !== undefined && address === place
    return html`<tr key=${status + code} id=${address} aria-current=${isAskedFor ? 'true' : undefined}>
      <td class="numeric">${status}</td><td><code>${code}</code> ${message}</td>
    </tr>`
  }
  return html`<table class="faults">
    <thead><tr><th scope="col">Status</th><th scope="col">Code and meaning</th></tr></thead>
    <tbody>${faults.map(entry)}</tbody>
  </table>`
}
