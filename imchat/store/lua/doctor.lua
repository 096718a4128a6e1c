-- The audit, in two functions, so that it never holds up a site that is at work for long.
-- `audit` follows the indexes to all that is open, at one moment. `audit_on` visits every
-- key of the site, a few a call: what only grows, and what no index leads to.

local check, visits, safely = audit.check, audit.visits, audit.safely

local KEYS_A_CALL = 250
local FIELDS_A_CALL = 500

local function visit(kind, key, name)
  if command("EXISTS", key) == 1 then return safely(visits[kind], key, name) end
end

-- --- all that is open ---------------------------------------------------------------------

-- What was met on the way: counts, and by id or uid what may be met once only.
local met

local function begin()
  local looked_at = { agents = 0, active = 0, waiting = 0, nodes = 0, connections = 0,
    keys = 0, closed = 0, conversations = 0, messages = 0 }
  met = { looked_at = looked_at, chats = {}, agents = {} }
end

local function count(what, by)
  met.looked_at[what] = met.looked_at[what] + (by or 1)
end

-- Returns: its customer.
local function meet_chat(id, state, where)
  count(state)
  check(not met.chats[id], "chat %s is %s and %s", id, met.chats[id], where)
  met.chats[id] = where
  local customer = visit("chat", keys.chat(id), id)
  if customer then visit("open", keys.open(customer), customer) end
  return customer
end

local function agents(index)
  for _, uid in ipairs(command("SMEMBERS", index)) do
    count("agents")
    safely(visits.agent, keys.agent(uid), uid)
    visit("serving", keys.serving(uid), uid)
    for _, id in ipairs(tiers.serving(uid)) do
      local customer = meet_chat(id, "active", "with agent " .. uid) or id
      local other = met.agents[customer]
      check(not other, "customer %s has two agents, %s and %s", customer, other, uid)
      met.agents[customer] = uid
    end
  end
end

local function desks(index)
  for _, desk in ipairs(command("SMEMBERS", index)) do
    check(command("EXISTS", keys.staff(desk), keys.queue(desk)) > 0,
      "desk %s has neither agents nor a queue", desk)
    visit("staff", keys.staff(desk), desk)
    visit("queue", keys.queue(desk), desk)
    for n = 0, staff.highest_capacity(desk) do
      visit("tier", keys.tier(desk, n), desk .. ":" .. n)
    end
    for _, id in ipairs(command("ZRANGE", keys.queue(desk), 0, -1)) do
      meet_chat(id, "waiting", "in the queue of " .. desk)
    end
  end
end

local function nodes(index)
  for _, node in ipairs(command("ZRANGE", index, 0, -1)) do
    count("nodes")
    count("connections", command("HLEN", keys.held(node)))
  end
end

local function grace(index)
  for _, uid in ipairs(command("ZRANGE", index, 0, -1)) do
    check(command("EXISTS", keys.agent(uid), keys.open(uid)) > 0, "%s is in grace for nothing", uid)
    check(command("EXISTS", keys.presence(uid)) == 0, "%s is connected and in grace", uid)
  end
end

-- Every chat that was ever asked for is open or was closed.
local function totals(index)
  local counts = command("HMGET", index, "requested", "closed")
  local left = (tonumber(counts[1]) or 0) - (tonumber(counts[2]) or 0)
  local open = met.looked_at.active + met.looked_at.waiting
  check(left == open, "by the totals %d chats are open, by the indexes %d", left, open)
end

-- Returns: audit, with the place where audit_on begins.
call.register("audit", { "no-writes" }, function()
  begin()
  safely(agents, keys.agents())
  safely(desks, keys.desks())
  safely(nodes, keys.nodes())
  safely(grace, keys.grace())
  safely(totals, keys.totals())
  return audit.told(met.looked_at, { cursor = "0", hashes = {} })
end)

-- --- every key ----------------------------------------------------------------------------

-- Returns: the place after some keys; the hashes of their conversations are put off.
local function visit_keys(cursor)
  local found = command("SCAN", cursor, "MATCH", keys.all(), "COUNT", KEYS_A_CALL)
  local hashes = {}
  for _, key in ipairs(found[2]) do
    local kind, name = keys.parse(key)
    count("keys")
    if leftovers[kind] then
      hashes[#hashes + 1] = { key = key, cursor = "0" }
    elseif visits[kind] then
      safely(visits[kind], key, name)
      if kind == "seq" then count("conversations") end
      if kind == "chat" and command("HGET", key, "state") == "closed" then count("closed") end
    end
  end
  return { cursor = found[1], hashes = hashes }
end

-- Writes: hashes, down to those that are left after some fields of them.
local function visit_fields(hashes)
  local left = FIELDS_A_CALL
  while left > 0 and #hashes > 0 do
    local hash = hashes[#hashes]
    local kind, pair = keys.parse(hash.key)
    local found = command("HSCAN", hash.key, hash.cursor, "COUNT", left, unpack(leftovers[kind].how))
    local seen = safely(leftovers[kind].visit, hash.key, pair, found[2]) or 0
    if kind == "history" then count("messages", seen) end
    left = left - seen - 1
    hash.cursor = found[1]
    if hash.cursor == "0" then table.remove(hashes) end
  end
end

-- Returns: audit, with the place where to go on, or none at the end.
call.register("audit_on", { "no-writes" }, function(a)
  begin()
  local place = a.place
  if #place.hashes > 0 then visit_fields(place.hashes) else place = visit_keys(place.cursor) end
  if place.cursor == "0" and #place.hashes == 0 then place = nil end
  return audit.told(met.looked_at, place)
end)
