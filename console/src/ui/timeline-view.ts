/** Draws a timeline: one line down, a mark per event in the colour of its outcome, gaps written between. */
import { html, useState, type VNode } from '../../vendor/htm-preact.js'
import { formatClock, formatDay, formatGap, utcTitle } from '../format.ts'
import { recordPath } from '../routes.ts'
import type { Lane, TimelineItem } from '../timeline.ts'
import { Icon, type IconName } from './icons.ts'

const lanes: Record<Lane, { icon: IconName; text: string }> = {
  order: { icon: 'orders', text: 'Order' },
  stock: { icon: 'stock', text: 'Stock' },
  payment: { icon: 'card', text: 'Payments' },
  ledger: { icon: 'ledger', text: 'Ledger' },
  mail: { icon: 'mail', text: 'Mail' },
  effect: { icon: 'effects', text: 'Effects' },
}

// Shorter than a second is one moment to a person.
const gapShownMs = 1_000

export function Timeline({ items }: { items: readonly TimelineItem[] }): VNode {
  const [hidden, setHidden] = useState<readonly Lane[]>([])
  const present = (Object.keys(lanes) as Lane[]).filter((lane) => items.some((item) => item.lane === lane))
  const shown = items.filter((item) => !hidden.includes(item.lane))
  const toggle = (lane: Lane) => setHidden(hidden.includes(lane) ? hidden.filter((one) => one !== lane) : [...hidden, lane])
  return html`
    <div class="lane-toggles" role="group" aria-label="Kinds of events">
      ${present.map(
        (lane) => html`<button
          key=${lane}
          type="button"
          aria-pressed=${hidden.includes(lane) ? 'false' : 'true'}
          onClick=${() => toggle(lane)}
        ><${Icon} name=${lanes[lane].icon} size=${14} />${lanes[lane].text}</button>`,
      )}
    </div>
    <ol class="timeline">
      ${shown.map((item, index) => {
        const before = shown[index - 1]
        const gapMs = before ? Date.parse(item.at) - Date.parse(before.at) : 0
        const day = formatDay(item.at)
        const newDay = !before || formatDay(before.at) !== day
        return html`<li key=${item.key} class=${item.tone}>
          ${newDay && html`<div class="gap day">${day}</div>`}
          ${gapMs >= gapShownMs && html`<div class="gap">${formatGap(gapMs)} later</div>`}
          <div class="event">
            <span class="event-mark"><${Icon} name=${lanes[item.lane].icon} size=${14} /></span>
            <div class="event-text">
              <a href=${recordPath(item.collection, item.id)}>${item.title}</a>
              ${item.detail && html`<span class="faint small">${item.detail}</span>`}
            </div>
            <time class="event-time faint small" datetime=${item.at} title=${utcTitle(item.at)}>
              ${formatClock(item.at)}
            </time>
          </div>
        </li>`
      })}
    </ol>
  `
}
