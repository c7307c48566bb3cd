/** A table whose rows are links. In a narrow place each row becomes a small card (styles/parts.css). */
import { html, type View, type VNode } from '../../vendor/htm-preact.js'
import { sortDirection, toggleSort } from '../query-state.ts'
import { Icon } from './icons.ts'

export interface Column<T> {
  key: string
  label: string
  render: (item: T) => View
  sortable?: boolean
  numeric?: boolean
  /** In a card: `lead` is the first line, `side` stands right of it, `bare` has no label. */
  place?: 'lead' | 'side' | 'bare'
}

export function Table<T extends { id: string }>(props: {
  label: string
  columns: readonly Column<T>[]
  items: readonly T[]
  href?: ((item: T) => string) | undefined
  current?: string | undefined
  sort?: string
  onSort?: (sort: string) => void
}): VNode {
  const { columns, items, href, sort = '', onSort } = props
  return html`<table class="table" aria-label=${props.label}>
    <thead>
      <tr>
        ${columns.map(
          (column) => html`<th
            key=${column.key}
            scope="col"
            class=${column.numeric ? 'numeric' : ''}
            aria-sort=${column.sortable ? sortDirection(sort, column.key) : undefined}
          >
            ${
              column.sortable && onSort
                ? html`<button type="button" class="sort" onClick=${() => onSort(toggleSort(sort, column.key))}>
                  ${column.label}
                  <${SortMark} direction=${sortDirection(sort, column.key)} />
                </button>`
                : column.label
            }
          </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${items.map(
        (item) => html`<tr key=${item.id} aria-current=${props.current === item.id ? 'true' : undefined}>
          ${columns.map(
            (column, index) => html`<td
              key=${column.key}
              class="${column.numeric ? 'numeric' : ''} at-${column.place ?? (index === 0 ? 'lead' : 'labelled')}"
              data-label=${column.label}
            >
              ${
                index === 0 && href ? html`<a class="row-link" data-row href=${href(item)}>${column.render(item)}</a>` : column.render(item)
              }
            </td>`,
          )}
        </tr>`,
      )}
    </tbody>
  </table>`
}

function SortMark({ direction }: { direction: 'ascending' | 'descending' | 'none' }): VNode {
  return html`<span class="sort-mark sort-${direction}">
    <${Icon} name=${direction === 'descending' ? 'down' : 'up'} size=${14} />
  </span>`
}
