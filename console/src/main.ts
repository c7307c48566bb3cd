/** Starts the console: theme, links, the app. */
import { html, render } from '../vendor/htm-preact.js'
import { App } from './app.ts'
import { followLinks } from './router.ts'
import { applyTheme, readTheme } from './theme.ts'

applyTheme(readTheme())
followLinks()
const root = document.getElementById('app')
if (root) render(html`<${App} />`, root)
