import { writeFileSync } from 'node:fs'
import { onNode24 } from './node24.js'

await onNode24()
const { pages, pathOf } = await import('../test/support/pages.ts')
for (const { file, render } of pages) {
  writeFileSync(pathOf(file), render())
  console.log(`written: ${file}`)
}
