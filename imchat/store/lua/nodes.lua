-- Which nodes live, and what becomes of what the dead and those past their grace held.

local SWEPT_MS = 1000 -- how exactly it is noted; a note costs a write of the disk

-- What the end of the grace means to an agent. Writes: agent, agents, staff, and what
-- transfers.requeue does. It is in grace, so nobody is given to it meanwhile.
local function go_offline(agent)
  local waiting_at = {}
  for _, id in ipairs(tiers.serving(agent.uid)) do
    waiting_at[#waiting_at + 1] = transfers.requeue(id)
  end
  local stood = tiers.stood(tiers.agent(agent.uid))
  staff.change({ uid = agent.uid, desks = {} }, agent.desks)
  command("DEL", keys.agent(agent.uid))
  command("SREM", keys.agents(), agent.uid)
  call.event("offline", "agent", agent.uid, "stood", stood)
  chats.dispatch(waiting_at, "requeued")
end

-- What the end of the grace means.
local function give_up(uid)
  local open = command("GET", keys.open(uid))
  if open then chats.finish(chats.facts(open), "system", "disconnected") end
  local agent = tiers.agent(uid)
  if agent then go_offline(agent) end
  command("ZREM", keys.grace(), uid)
end

-- Writes: nodes, inbox. Renews the node's lease, or begins it with `join`, and drops what
-- it has read of its inbox. Returns: lease; `held` is false when it was declared dead.
call.register("lease", { "allow-oom" }, function(a)
  local held = a.join or presence.lives(a.node)
  if held then command("ZADD", keys.nodes(), call.now + a.lease_ms, a.node) end
  if a.read_to then command("XTRIM", keys.inbox(a.node), "MINID", a.read_to) end
  return { fact = "lease", held = held, inbox = keys.inbox(a.node),
    events = keys.events() }
end)

-- Ends a node's lease at once; what it still holds is swept as lost.
call.register("retire", { "allow-oom" }, function(a)
  command("ZADD", keys.nodes(), "XX", 0, a.node)
  return { fact = "done" }
end)

-- Writes: swept, nodes, grace. Puts off every end of a lease or a grace by the time in which
-- nobody swept, when that was long: the store was away, or all nodes were, so that nobody
-- could renew or come back. What began late in it ends no later than if it began now.
local function make_up_for_a_pause(lease_ms)
  local last = tonumber(command("GET", keys.swept()) or 0)
  if call.now - last >= SWEPT_MS then command("SET", keys.swept(), call.now) end
  local pause = last > 0 and call.now - last or 0
  if pause < call.settings.pause_ms then return end
  local whole = { [keys.nodes()] = lease_ms, [keys.grace()] = call.settings.grace_ms }
  for ends, length in pairs(whole) do
    local found = command("ZRANGEBYSCORE", ends, 1, "+inf", "WITHSCORES")
    for i = 1, #found, 2 do
      local put_off = math.min(tonumber(found[i + 1]) + pause, call.now + length)
      command("ZADD", ends, "XX", "GT", put_off, found[i])
    end
  end
end

-- Reads: held. Returns: up to `limit` of a node's connections, each followed by its uid. Not
-- at random, so that the same calls leave the same behind when a test makes them again.
local function some_of(node, limit)
  local some, cursor = {}, "0"
  repeat
    local page = command("HSCAN", keys.held(node), cursor, "COUNT", limit)
    cursor = page[1]
    for i = 1, math.min(#page[2], 2 * limit - #some) do some[#some + 1] = page[2][i] end
  until cursor == "0" or #some == 2 * limit
  return some
end

-- Treats the connections of dead nodes as lost and ends what is past its grace, at most
-- `limit` of each. Returns: swept, with how many; any number of nodes may do it.
call.register("sweep", { "allow-oom" }, function(a)
  make_up_for_a_pause(a.lease_ms)
  local count = 0
  for _, node in ipairs(command("ZRANGEBYSCORE", keys.nodes(), 0, call.now)) do
    command("ZADD", keys.nodes(), "XX", 0, node) -- half swept it must not come back
    local found = some_of(node, a.limit)
    for i = 1, #found, 2 do presence.lose(found[i + 1], found[i], node) end
    count = count + #found / 2
    if command("EXISTS", keys.held(node)) == 0 then
      command("ZREM", keys.nodes(), node)
      command("DEL", keys.inbox(node))
    end
  end
  local late = command("ZRANGEBYSCORE", keys.grace(), 0, call.now, "LIMIT", 0, a.limit)
  for _, uid in ipairs(late) do give_up(uid) end
  return { fact = "swept", count = count + #late }
end)
