/** Mail that nobody could read: why, and what can be done about it. It is as it came. */
import { html, type VNode } from '../../vendor/htm-preact.js'
import { formatSize } from '../format.ts'
import { useLive } from '../live.ts'
import { useList } from '../loading.ts'
import { emptyListState, type ListState } from '../query-state.ts'
import { useMay } from '../schema.ts'
import { ConfirmDeed, useDeed, useOpened } from '../ui/deed.ts'
import { Card, Empty, ErrorNote, PageHead, Skeleton, Time } from '../ui/parts.ts'
import { inboxPath } from './inbox.ts'

interface Quarantined {
  id: string
  from: string | null
  recipients: readonly string[]
  size: number
  reason: string | null
  createdAt: string
}

const quarantined: ListState = {
  ...emptyListState(),
  filters: [{ field: 'state', op: 'eq', value: 'quarantined' }],
  sort: '-createdAt',
}

export function QuarantinePage(): VNode {
  const list = useList<Quarantined>('inboundMails', quarantined)
  useLive((change) => change.collection === 'inboundMails', list.reload)
  return html`
    <${PageHead} title="Could not be read" back=${{ href: inboxPath, text: 'Inbox' }} />
    <${ErrorNote} error=${list.error} retry=${list.reload} />
    ${!list.data && !list.error && html`<div class="card"><${Skeleton} lines=${4} /></div>`}
    ${list.data?.length === 0 && html`<${Empty} icon="mail" title="Everything could be read">What cannot be read is kept here as it came.<//>`}
    ${(list.data ?? []).map((mail) => html`<${OneMail} key=${mail.id} mail=${mail} onDone=${list.reload} />`)}
    ${
      list.hasMore &&
      html`<p><button type="button" class="button small" disabled=${list.loadingMore} onClick=${list.loadMore}>Load more</button></p>`
    }
  `
}

function OneMail({ mail, onDone }: { mail: Quarantined; onDone: () => void }): VNode {
  const may = useMay()
  const { opened, button, closing } = useOpened<'delete'>(onDone)
  const deed = useDeed(onDone)
  const path = `/api/inboundMails/${encodeURIComponent(mail.id)}`
  return html`<${Card} title=${mail.from || 'From a mail system'} aside=${html`<span class="faint small"><${Time} at=${mail.createdAt} full /></span>`}>
    <p>To ${mail.recipients.join(', ')}, ${formatSize(mail.size)}. ${mail.reason ?? ''}</p>
    <${ErrorNote} error=${deed.error} />
    <div class="form-actions wrap">
      ${
        may('inboundMails.readAgain') &&
        html`<button type="button" class="button small" disabled=${deed.busy} onClick=${() => deed.run(`${path}/read`, {}, 'It is being read.')}>Read again</button>`
      }
      <a class="button small" href=${`${path}/raw`} download>Download as it came</a>
      ${may('inboundMails.delete') && button('delete', 'Throw away')}
    </div>
    ${
      opened === 'delete' &&
      html`<${ConfirmDeed} title="Throw this letter away?" action="Throw away" keep="Keep it" method="DELETE" path=${path} said="Thrown away." ...${closing}>
        Nobody has read it, and nobody will: its bytes are deleted.
      <//>`
    }
  <//>`
}
