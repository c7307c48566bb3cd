import { event } from '../../contract/events.ts'
import type { StockLevel } from './collections.ts'

/** What is left to sell has come down to what its level calls low: once for each time that it does. */
export const stockLow = event('stock.low').with<{ readonly level: StockLevel }>()
