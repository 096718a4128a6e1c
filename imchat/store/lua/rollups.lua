-- The daily roll-ups: the log of events folded into sums, a bounded number of events a call.
-- Up to where it is folded stands beside the sums and changes in the same step, so each event
-- is counted once, whoever folds and however often. Who does not fold waits for nobody.

local rollups = {}

local DAY_MS = 86400000
local KEEP_S = 34300800 -- 397 days: thirteen months

-- Reads: events. Returns: up to `limit` events behind the id, in order, and the last one's id.
function rollups.events(after, upto, limit)
  local found = command("XRANGE", keys.events(), after and "(" .. after or "-", upto, "COUNT", limit)
  local events, last = {}, after
  for n, entry in ipairs(found) do
    local event, fields = {}, entry[2]
    for i = 1, #fields, 2 do event[fields[i]] = fields[i + 1] end
    event.at, event.desk = tonumber(event.asked_at or event.at), event.desk or ""
    events[n], last = event, entry[1]
  end
  return events, last
end

-- Returns: of the log the id of the last entry and of the first that is kept, and how many older
-- ones are not.
function rollups.log()
  if command("EXISTS", keys.events()) == 0 then return { last = "0-0", first = "0-0", dropped = 0 } end
  local found, told = command("XINFO", "STREAM", keys.events()), {}
  for i = 1, #found, 2 do told[found[i]] = found[i + 1] end
  local last = told["last-generated-id"]
  return { last = last, first = told["first-entry"] and told["first-entry"][1] or last,
    dropped = told["entries-added"] - told["length"] }
end

-- Writes: a hash of numbers, to each of which is added, or which becomes the greater of the two.
-- Returns: whether any was there.
local function add(key, changes)
  local fields, was_there = {}, false
  for field in pairs(changes) do fields[#fields + 1] = field end
  local before, after = command("HMGET", key, unpack(fields)), {}
  for n, field in ipairs(fields) do
    local old, new = tonumber(before[n]) or 0, changes[field]
    was_there = was_there or before[n]
    after[2 * n - 1] = field
    after[2 * n] = string.sub(field, -4) == "_max" and math.max(old, new) or old + new
  end
  command("HSET", key, unpack(after))
  return was_there
end

-- Writes: rollup, cells.
local function write(cells)
  for name, changes in pairs(cells) do
    local key = keys.rollup(name)
    if not add(key, changes) then
      local day, of = string.match(name, "^(%d+):(.*)$")
      command("EXPIRE", key, KEEP_S)
      command("SADD", keys.cells(day), of)
      command("EXPIRE", keys.cells(day), KEEP_S)
    end
  end
end

-- Reads: ended, chat. Writes: events, when a customer asks again within a day after the end of the
-- last chat in which it was served: whose that was is only known now. It belongs to the moment at
-- which it asked.
local function note_recontact(event)
  local last = 0
  for _, field in ipairs(command("HKEYS", keys.ended(event.customer))) do
    local id = tonumber(string.match(field, "^(%d+):.")) -- of nobody, if it was not served
    if id and id < tonumber(event.chat) then last = math.max(last, id) end
  end
  if last == 0 then return end
  local before = command("HMGET", keys.chat(string.format("%d", last)), "closed_at", "agent", "desk")
  local closed_at, agent, desk = unpack(before)
  if not closed_at or not agent or agent == "" or event.at - closed_at > DAY_MS then return end
  call.event("recontact", "chat", event.chat, "customer", event.customer, "agent", agent,
    "desk", desk, "asked_at", event.at, "after", event.at - closed_at)
end

-- Writes: folded, and the roll-ups and trends. Returns: folded, with how many events were
-- counted, and whether there may be more.
call.register("fold", {}, function(a)
  local before = command("HGET", keys.folded(), "event")
  local events, last = rollups.events(before, "+", a.limit)
  if #events > 0 then
    -- What was dropped before anybody counted is not missed later; see books.lua.
    if not before then command("HSET", keys.folded(), "count", rollups.log().dropped) end
    local cells = tally.begin(DAY_MS)
    trends.begin()
    for _, event in ipairs(events) do
      tally.count(event)
      if event.what == "requested" then note_recontact(event) end
      trends.count(event)
    end
    write(cells)
    trends.write()
    command("HSET", keys.folded(), "event", last)
    command("HINCRBY", keys.folded(), "count", #events)
  end
  return { fact = "folded", count = #events, more = #events == a.limit }
end)
