/** Conversations by mail: those that wait for us first, and all others by one click. What could not be read stands on a page of its own. */
import { html, useEffect, type VNode } from '../../vendor/htm-preact.js'
import { client } from '../client.ts'
import { mailboxName } from '../format.ts'
import { useLive } from '../live.ts'
import { useLoad } from '../loading.ts'
import { formatListState, parseListState } from '../query-state.ts'
import { navigate, usePlace } from '../router.ts'
import { base, collectionPath, recordPath } from '../routes.ts'
import { useCollection, useWorkspace } from '../schema.ts'
import type { Conversation, Page } from '../shapes.ts'
import { Unverified } from '../ui/email-row.ts'
import { Icon } from '../ui/icons.ts'
import { Chip, PageHead, Time } from '../ui/parts.ts'
import { RecordList } from '../ui/record-list.ts'
import { RecordOf } from '../ui/record-of.ts'
import { RefLink } from '../ui/ref-link.ts'
import type { Column } from '../ui/table.ts'

export const inboxPath = collectionPath('emailThreads')

/** What stands in it waits for this. */
export function ThreadChip({ status }: { status: string }): VNode {
  if (status === 'open') return html`<${Chip} state="open" tone="wait" />`
  return html`<${Chip} state=${status} tone=${status === 'closed' ? 'quiet' : 'good'} />`
}

const columns: Column<Conversation>[] = [
  {
    key: 'name',
    label: 'From',
    render: ({ name, address, isUnread, isVerified }) => html`<span class="person ${isUnread ? 'unread' : ''}">
      ${isUnread && html`<span class="unread-mark" role="img" aria-label="Unread" title="Unread" />`}
      <span class="clip" title=${address}>${name || mailboxName(address)}</span>
      ${isVerified === false && html`<${Unverified} />`}
    </span>`,
  },
  {
    key: 'subject',
    label: 'Subject',
    sortable: true,
    place: 'bare',
    render: ({ subject, isUnread }) => html`<span class="clip wide ${isUnread ? 'unread' : ''}">${subject}</span>`,
  },
  {
    key: 'record',
    label: 'About',
    render: ({ record }) => (record ? html`<${RecordOf} id=${record} />` : html`<span class="faint">–</span>`),
  },
  {
    key: 'assignee',
    label: 'Assigned to',
    render: ({ assignee }) =>
      assignee ? html`<${RefLink} collection="users" value=${assignee} />` : html`<span class="faint">Nobody</span>`,
  },
  {
    key: 'status',
    label: 'Status',
    sortable: true,
    place: 'side',
    render: ({ status }) => html`<${ThreadChip} status=${status} />`,
  },
  {
    key: 'lastAt',
    label: 'Last',
    sortable: true,
    place: 'bare',
    render: ({ lastAt }) => html`<span class="faint"><${Time} at=${lastAt} /></span>`,
  },
]

/** By what they are called: the filter of each. */
const viewsOf = (me: string): readonly (readonly [string, string])[] => [
  ['Open', '?filter[status]=open'],
  ['Mine', `?filter[assignee]=${me}`],
  ['Unassigned', '?filter[assignee][null]=true&filter[status]=open'],
  ['Unread', '?filter[isUnread]=true'],
  ['Without a record', '?filter[record][null]=true'],
  ['Not verified', '?filter[isVerified]=false'],
  ['Waiting', '?filter[status]=waiting'],
  ['Closed', '?filter[status]=closed'],
  ['All', '?sort=-lastAt'],
]

const spelt = (query: string) => formatListState(parseListState(query))

export function InboxPage(): VNode {
  const { user } = useWorkspace()
  const { query } = usePlace()
  const views = viewsOf(user.id)
  // What waits for us is what somebody looks for first; the view of all has an address of its own.
  useEffect(() => {
    if (query === '') navigate(inboxPath + views[0]![1], { replace: true })
    return undefined
  }, [query])
  const hasReplies = useCollection('savedReplies') !== undefined
  const link = hasReplies && html`<a class="button" href=${collectionPath('savedReplies')}>Saved replies</a>`
  return html`
    <${PageHead} title="Inbox" actions=${link} />
    <${QuarantineNote} />
    <nav class="filter-chips views" aria-label="Views">
      ${views.map(
        ([text, to]) => html`<a
          key=${text}
          class="filter-chip"
          href=${inboxPath + spelt(to)}
          aria-current=${spelt(query) === spelt(to) ? 'page' : undefined}
        >${text}</a>`,
      )}
    </nav>
    <${RecordList}
      collection="emailThreads"
      columns=${columns}
      href=${(thread: Conversation) => recordPath('emailThreads', thread.id)}
      sort="-lastAt"
      empty=${{ icon: 'inbox', title: 'No letters yet', text: 'What people write to the shop, and their answers to its mails, appear here as conversations.' }}
    />
  `
}

function QuarantineNote(): VNode | null {
  const has = useCollection('inboundMails') !== undefined
  const loaded = useLoad('quarantined', (signal) =>
    has
      ? client.call<Page<{ id: string }>>('GET', '/api/inboundMails?filter[state]=quarantined&fields=id&limit=1&count=true', { signal })
      : Promise.resolve(undefined),
  )
  useLive((change) => change.collection === 'inboundMails', loaded.reload)
  const count = loaded.data?.count ?? 0
  if (count === 0) return null
  return html`<div class="note wait">
    <${Icon} name="alert" />
    <p>${count === 1 ? 'One letter' : `${count.toLocaleString()} letters`} could not be read. <a href=${`${base}/inbox/quarantine`}>Look at ${count === 1 ? 'it' : 'them'}</a>.</p>
  </div>`
}
