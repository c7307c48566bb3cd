/** A field as a column of a table. */
import { html } from '../../vendor/htm-preact.js'
import { isNumeric } from '../columns.ts'
import { humanize, recordLabel } from '../format.ts'
import type { FieldInfo, RecordData } from '../shapes.ts'
import type { Column } from './table.ts'
import { Value } from './value.ts'

export function recordColumn(field: FieldInfo, index: number): Column<RecordData> {
  const bare = ['choice', 'money', 'file', 'files'].includes(field.display)
  return {
    key: field.name,
    label: humanize(field.name),
    sortable: field.sortable,
    numeric: isNumeric(field),
    ...(index > 0 && bare ? { place: 'bare' as const } : {}),
    render: (item) => {
      const value = item[field.name]
      // A row must have something to click, even where its first field is empty.
      if (index === 0 && (value === null || value === undefined || value === '')) return recordLabel(item)
      // Inside the row's own link a second link would be invalid.
      return html`<${Value} field=${field} value=${value} compact bare=${index === 0} />`
    },
  }
}
