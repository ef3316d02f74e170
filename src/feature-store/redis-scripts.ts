import { hash } from 'node:crypto'

/** A script of the server with the name under which it is asked for again. */
export type Script = { readonly text: string; readonly sha: string }

const script = (text: string): Script => ({ text, sha: hash('sha1', text) })

/** KEYS lease, last owner; ARGV replica, ms. Grants a free lease: 1, owner, fence, owner before. Else 0, owner, ms left. Fences follow the server's clock, so they grow even after its data was lost. */
export const claimScript = script(`
local held = redis.call('GET', KEYS[1])
if held then return {0, held, redis.call('PTTL', KEYS[1])} end
local before = redis.call('GET', KEYS[2])
local time = redis.call('TIME')
local fence = time[1] * 1000 + math.floor(time[2] / 1000)
if before then fence = math.max(fence, tonumber(string.match(before, '#(%d+)$')) + 1) end
fence = string.format('%.0f', fence)
local owner = ARGV[1] .. '#' .. fence
redis.call('SET', KEYS[1], owner, 'PX', ARGV[2])
redis.call('SET', KEYS[2], owner)
return {1, owner, fence, before or ''}`)

/** KEYS lease, last owner; ARGV owner, ms. Prolongs a lease, also one that ran out if nobody has had it since: 1; 2 if nothing was known of the symbol; 0 if it is another's. */
export const renewScript = script(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
local last = redis.call('GET', KEYS[2])
if last and last ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if last then return 1 end
redis.call('SET', KEYS[2], ARGV[1])
return 2`)

/** KEYS lease; ARGV owner. Ends a lease that is the owner's. */
export const releaseScript = script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`)

/**
 * KEYS lease, last owner, rows, state; ARGV owner, ms that entries are kept, whole, channel, message or '', then for rows and for state: number of entries to put, each name and bytes, number
 * of entries to drop, each name. 1 if it was written, 0 if the lease is another's or nobody's.
 */
export const publishScript = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local at = 6
for place = 3, 4 do
  local key = KEYS[place]
  if ARGV[3] == '1' then redis.call('DEL', key) end
  local last = at + 2 * ARGV[at]
  while at < last do
    redis.call('HSET', key, ARGV[at + 1], ARGV[at + 2])
    at = at + 2
  end
  at = at + 1
  last = at + ARGV[at]
  while at < last do
    redis.call('HDEL', key, ARGV[at + 1])
    at = at + 1
  end
  at = at + 1
  redis.call('PEXPIRE', key, ARGV[2])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
if ARGV[5] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[5]) end
return 1`)
