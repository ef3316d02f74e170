#!/usr/bin/env node
import { keepCompiled, onNode24, requireNode24 } from './node24.js'

requireNode24()
await onNode24()
keepCompiled()
const { main } = await import('../src/cli/index.ts')
await main(process.argv.slice(2))
