/**
 * A list of one collection with everything a list needs: search, chips, filters, sort, count, more.
 * Its state lives in the address alone, so any view can be sent to a colleague.
 */
import { html, useEffect, useState, type View, type VNode } from '../../vendor/htm-preact.js'
import { countText } from '../format.ts'
import { useLive } from '../live.ts'
import { useList } from '../loading.ts'
import { emptyListState, filterValue, formatListState, type ListState, parseListState, withFilter } from '../query-state.ts'
import { navigate, usePlace } from '../router.ts'
import { useCollection } from '../schema.ts'
import type { CollectionInfo, RecordData } from '../shapes.ts'
import { FilterBuilder } from './filter-builder.ts'
import { Icon, type IconName } from './icons.ts'
import { Empty, ErrorNote, FilterChips, Skeleton, textOf } from './parts.ts'
import { type Column, Table } from './table.ts'

const searchDelayMs = 250

export function RecordList<T extends { id: string } = RecordData>(props: {
  collection: string
  columns: readonly Column<T>[]
  /** Only these fields are asked for; all when left out. */
  fields?: readonly string[]
  href: (item: T) => string
  current?: string | undefined
  /** The order when the address names none. */
  sort?: string
  chips?: readonly { field: string; label: string; options: readonly string[]; texts?: Readonly<Record<string, string>> }[]
  empty: { icon: IconName; title: string; text: View }
}): VNode {
  const { collection, chips = [] } = props
  const { path, query } = usePlace()
  const state = parseListState(query)
  const info = useCollection(collection)
  const sort = state.sort || defaultSort(info, props.sort)
  const list = useList<T>(collection, { ...state, sort }, { fields: props.fields })
  useLive((change) => change.collection === collection, list.reload)
  const go = (next: ListState, replace = false) => navigate(path + formatListState(next), { replace })
  const chipFields = new Set(chips.map((chip) => chip.field))
  // A chip shows its own simple filter; whatever is richer than that is shown as a filter.
  const isChip = (field: string) => chipFields.has(field) && filterValue(state, field) !== ''
  const builderTerms = state.filters.filter((term) => !isChip(term.field))
  const chipTerms = state.filters.filter((term) => isChip(term.field))
  const narrowed = state.filters.length > 0 || state.search !== ''
  const sortable = new Set(info?.fields.filter((field) => field.sortable).map(({ name }) => name))
  const columns = props.columns.map((column) => (column.sortable && !sortable.has(column.key) ? { ...column, sortable: false } : column))
  const canSearch = info?.searchable ?? false
  return html`<div class="list">
    <div class="toolbar">
      ${
        (canSearch || state.search !== '') &&
        html`<${SearchBox} value=${state.search} onChange=${(search: string) => go({ ...state, search }, true)} />`
      }
      ${chips.map(
        (chip) => html`<${FilterChips}
          key=${chip.field}
          ...${chip}
          value=${filterValue(state, chip.field)}
          onChange=${(value: string) => go(withFilter(state, chip.field, value))}
        />`,
      )}
      <${FilterBuilder}
        fields=${info?.fields ?? []}
        filters=${builderTerms}
        onChange=${(filters: ListState['filters']) => go({ ...state, filters: [...chipTerms, ...filters] })}
      />
    </div>
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<div class="card"><${Skeleton} lines=${8} /></div>`}
    ${
      list.data &&
      list.data.length === 0 &&
      (narrowed
        ? html`<${Empty} icon="search" title="Nothing matches">
          Take away a filter or <button type="button" class="link" onClick=${() => go({ ...emptyListState(), sort: state.sort })}>clear them all</button>.
        <//>`
        : html`<${Empty} icon=${props.empty.icon} title=${props.empty.title}>${props.empty.text}<//>`)
    }
    ${
      list.data &&
      list.data.length > 0 &&
      html`<div class="card flush ${list.loading ? 'refreshing' : ''}">
        <${Table}
          label=${info?.title ?? collection}
          columns=${columns}
          items=${list.data}
          href=${props.href}
          current=${props.current}
          sort=${sort}
          onSort=${(next: string) => go({ ...state, sort: next })}
        />
        <footer class="list-foot">
          <span class="faint">
            ${list.data.length.toLocaleString()}${
              state.count && list.count !== undefined
                ? ` of ${countText(list)}`
                : list.hasMore
                  ? ' shown'
                  : list.data.length === 1
                    ? ' row'
                    : ' rows'
            }
            ${
              !state.count &&
              list.hasMore &&
              html` · <button type="button" class="link" onClick=${() => go({ ...state, count: true }, true)}>count all</button>`
            }
          </span>
          ${
            list.hasMore &&
            html`<button type="button" class="button small" disabled=${list.loadingMore} onClick=${list.loadMore}>
              ${list.loadingMore ? 'Loading' : 'Load more'}
            </button>`
          }
        </footer>
      </div>`
    }
  </div>`
}

/** A project's server decides what can be sorted; an order it refuses would leave the page empty. */
function defaultSort(info: CollectionInfo | undefined, sort = ''): string {
  const field = info?.fields.find((one) => one.name === sort.replace(/^-/, ''))
  return info && !field?.sortable ? '' : sort
}

function SearchBox(props: { value: string; onChange: (value: string) => void }): VNode {
  const [text, setText] = useState(props.value)
  useEffect(() => setText(props.value) as undefined, [props.value])
  useEffect(() => {
    if (text === props.value) return
    const timer = setTimeout(() => props.onChange(text.trim()), searchDelayMs)
    return () => clearTimeout(timer)
  }, [text])
  return html`<label class="search">
    <${Icon} name="search" size=${16} />
    <input
      type="search"
      data-search
      placeholder="Search"
      aria-label="Search"
      autocomplete="off"
      value=${text}
      onInput=${(event: Event) => setText(textOf(event))}
    />
    <kbd>/</kbd>
  </label>`
}
