/** A schema as a tree that is opened step by step: what refers to itself stays finite. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { Icon } from '../ui/icons.ts'
import { Prose } from './prose.ts'
import { innerOf, limitTexts, refName, resolve, type Schema, type Schemas, typeText } from './schema-text.ts'

/** `isSent`: what is sent must have its required fields; what is answered simply has them. */
export function SchemaTree({ schema, schemas, isSent = false }: { schema: Schema; schemas: Schemas; isSent?: boolean }): VNode {
  const inner = innerOf(schema, schemas)
  if (!inner) return html`<p class="faint">${typeText(schema, schemas)}</p>`
  const { properties = {}, required = [] } = inner
  return html`<ul class="tree">
    ${Object.entries(properties).map(
      ([name, property]) =>
        html`<${Property} key=${name} name=${name} schema=${property} schemas=${schemas} required=${isSent && required.includes(name)} isSent=${isSent} />`,
    )}
  </ul>`
}

function Property(props: { name: string; schema: Schema; schemas: Schemas; required: boolean; isSent: boolean }): VNode {
  const { name, schema, schemas } = props
  const [open, setOpen] = useState(false)
  const inner = innerOf(schema, schemas)
  const whole = resolve(schema, schemas)
  const label = html`<code class="name">${name}</code><span class="type">${typeText(schema, schemas)}</span>`
  return html`<li>
    <div class="property">
      ${
        inner
          ? html`<button type="button" class="opener" aria-expanded=${open ? 'true' : 'false'} onClick=${() => setOpen(!open)}>
              <${Icon} name=${open ? 'down' : 'right'} size=${14} />${label}
            </button>`
          : html`<span class="leaf">${label}</span>`
      }
      ${props.required && html`<span class="required">required</span>`}
    </div>
    <${Details} schema=${refName(schema) ? { ...whole, enum: undefined } : whole} />
    ${open && inner && html`<${SchemaTree} schema=${inner} schemas=${schemas} isSent=${props.isSent} />`}
  </li>`
}

export function Details({ schema }: { schema: Schema }): VNode | null {
  const limits = limitTexts(schema)
  if (!schema.description && !schema.enum && limits.length === 0) return null
  return html`<div class="details">
    ${schema.description && html`<p><${Prose} text=${schema.description} /></p>`}
    ${schema.enum && html`<p class="values">${schema.enum.map((value) => html`<code key=${String(value)}>${String(value)}</code>`)}</p>`}
    ${limits.length > 0 && html`<p class="faint">${limits.join(', ')}</p>`}
  </div>`
}
