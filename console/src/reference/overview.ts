/** The first page of the reference: how to call this server, and everything it answers. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { allFaults, groupByTag, type OpenApi, type Operation } from './document.ts'
import { FaultTable } from './operation-page.ts'
import { Method, Path, Prose } from './prose.ts'
import { SchemaTree } from './schema-tree.ts'

const rules: [title: string, text: string][] = [
  ['Who asks', '`Authorization: Bearer` with a session’s token, or the session cookie. A guest’s cart comes with `Cart-Token`.'],
  [
    'Lists',
    '`filter[field][op]=value`, `sort=-createdAt`, `limit`, `expand`, `fields`, `search`. `next` of an answer is the `cursor` of the next page.',
  ],
  ['Money', '`{"amount": 1999, "currency": "EUR"}` is 19.99 EUR: whole minor units, no fractions.'],
  ['Once only', 'Send an `Idempotency-Key` with a change: the same key with the same body is done once and answered alike.'],
  ['Not over others', 'A record comes with an `ETag`. Send it back as `If-Match`, and a change made meanwhile is not overwritten: 412.'],
  ['Errors', '`application/problem+json` (RFC 9457). Look at `code`: it does not change. `errors` names the fields.'],
]

export function Overview({ document, operations }: { document: OpenApi; operations: readonly Operation[] }): VNode {
  return html`<div class="overview">
    <h1 tabindex="-1">${document.info.title} <span class="faint">API</span></h1>
    <p class="lead faint">
      <code>${location.origin}/api</code> · ${operations.length} operations ·${' '}
      <a href="/api/openapi.json">OpenAPI 3.1</a>
    </p>
    <dl class="rules">
      ${rules.map(([title, text]) => html`<div key=${title}><dt>${title}</dt><dd><${Prose} text=${text} /></dd></div>`)}
    </dl>
    ${groupByTag(operations).map(
      ([tag, own]) => html`<section key=${tag} class="card flush">
        <header class="card-head"><h2>${tag}</h2></header>
        <ul class="operations">
          ${own.map(
            (operation) => html`<li key=${operation.operationId}>
              <a href=${`#${operation.operationId}`}>
                <${Method} name=${operation.method} /><${Path} path=${operation.path} /><span class="faint says">${operation.summary}</span>
              </a>
            </li>`,
          )}
        </ul>
      </section>`,
    )}
  </div>`
}

/** `place`: `errors`, or `errors/CODE`, which is the `type` of an error of the project. */
export function ErrorsPage({ operations, place }: { operations: readonly Operation[]; place: string }): VNode {
  const faults = allFaults(operations)
  const code = place.split('/')[1]
  return html`<div class="overview">
    <h1 tabindex="-1">Errors</h1>
    <p class="lead faint">Every code there is. The body is <code>application/problem+json</code>; 429 and 503 carry <code>Retry-After</code>.</p>
    ${
      code !== undefined &&
      !faults.some((fault) => fault.code === code) &&
      html`<p id=${place}><code>${code}</code> is an error of this project that no operation names, such as the refusal of a hook.
        Its sentence is the <code>detail</code> of the answer.</p>`
    }
    <div class="card"><${FaultTable} faults=${faults} place=${place} /></div>
  </div>`
}

export function SchemasPage({ document }: { document: OpenApi }): VNode {
  const { schemas } = document.components
  return html`<div class="overview">
    <h1 tabindex="-1">Schemas</h1>
    <p class="lead faint">The shapes that operations share.</p>
    ${Object.entries(schemas).map(
      ([name, schema]) => html`<details key=${name} class="card schema">
        <summary><h2 class="schema-name">${name}</h2></summary>
        ${schema.description && html`<p class="faint"><${Prose} text=${schema.description} /></p>`}
        <${SchemaTree} schema=${schema} schemas=${schemas} />
      </details>`,
    )}
  </div>`
}
