// What an order lets its customer download, and why not. Looked at with every request, so a link ends with what it was good for: with the
// money that went back, or a bank that disputes it.

import type { StoredFile } from '../../schema/kinds/file.ts'
import type { Reader } from '../../storage/storage.ts'
import { variants } from '../catalog/variants.ts'
import { type LinkKey, signText } from '../files/file-link.ts'
import type { Order, OrderLine } from '../orders/collections.ts'
import { type GivenBack, givenBack } from '../orders/given-back.ts'
import { unitsOf } from '../orders/order-standing.ts'
import { paidFor } from '../orders/paid-for.ts'

/**
 * `unpaid`: its money is not there. `held`: somebody is to look at the order first. `ended`: what it cost was given back, or it was canceled.
 * `used_up`: it was downloaded as often as the shop allows.
 */
export const downloadStates = ['open', 'unpaid', 'held', 'ended', 'used_up'] as const
export type DownloadState = (typeof downloadStates)[number]

export type Download = {
  readonly line: string
  readonly title: string
  readonly file: StoredFile
  readonly state: Exclude<DownloadState, 'used_up'>
}

/** The files of what it is made of, as they are now: a new edition takes the place of the one that was sold. */
export async function downloadsOf(read: Pick<Reader, 'find' | 'getMany'>, order: Order): Promise<Download[]> {
  const idsOf = (line: OrderLine) => [line.variant, ...(line.parts ?? []).map(({ variant }) => variant)]
  const found = await read.getMany(variants, [...new Set(order.lines.flatMap(idsOf))])
  const filesOf = new Map(found.filter((one) => one.downloads.length > 0).map((one) => [one.id, one.downloads]))
  if (filesOf.size === 0) return []
  const whole = stateOf(order)
  const back = await givenBack(read, order)
  const paid = paidFor(order).lines
  return order.lines.flatMap((line) => {
    const isOver = isGivenBack(line, back.get(line.id), paid.get(line.id)!.amount)
    // What is digital is open once it is delivered; and a part of the money opens nothing else either.
    const isWaiting = (line.isDigital === true || order.paymentStatus === 'partially_paid') && unitsOf(line).shipped === 0
    const state = whole !== 'open' ? whole : isOver ? 'ended' : isWaiting ? 'unpaid' : 'open'
    const files = idsOf(line).flatMap((id) => filesOf.get(id) ?? [])
    return files.map((file) => ({ line: line.id, title: line.title, file, state }))
  })
}

function stateOf({ status, paymentStatus, holds }: Order): Download['state'] {
  if (status === 'draft' || status === 'pending_payment') return 'unpaid'
  if (status === 'canceled' || status === 'expired' || paymentStatus === 'refunded') return 'ended'
  if (paymentStatus === 'none' || paymentStatus === 'authorized' || paymentStatus === 'voided') return 'unpaid'
  return holds.length > 0 ? 'held' : 'open'
}

/** All of its units, or all that they cost. */
function isGivenBack(line: OrderLine, { units, amount }: GivenBack = { units: 0, amount: 0 }, paid: number): boolean {
  return Math.max(units, unitsOf(line).canceled, unitsOf(line).returned) >= line.quantity || (paid > 0 && amount >= paid)
}

type Link = { readonly order: string; readonly file: string; readonly expires: number }

/** By whoever has it, and for nothing but this file of this order. */
export async function signDownload(key: LinkKey, { order, file, expires }: Link): Promise<string> {
  return await signText(key, `download\n${order}\n${file}\n${expires}`)
}
