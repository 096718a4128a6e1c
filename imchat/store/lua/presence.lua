-- Who is connected where, who may still come back, which nodes live.

local presence = {}

-- Writes: agent, agents, staff, desks, tier. An agent's first hello makes it online; a later one
-- brings its newest desks and capacity, the latter never below what it holds now.
local function arrive(a, came_back)
  local before = tiers.agent(a.uid)
  local load = before and before.load or 0
  local capacity = math.max(a.capacity, load)
  local desks = table.concat(a.desks, ",")
  local same = before and not came_back and before.capacity == capacity
    and table.concat(before.desks, ",") == desks
  if before and not same then tiers.leave(before) end
  command("HSET", keys.agent(a.uid), "name", a.name, "capacity", capacity, "desks", desks)
  if same then return end -- it keeps its place in its bucket
  command("HSETNX", keys.agent(a.uid), "state", "online")
  command("SADD", keys.agents(), a.uid)
  local agent = tiers.agent(a.uid)
  staff.change(agent, before and before.desks or {})
  tiers.enter(agent)
  local what = not before and "online" or came_back and "back" or "changed"
  call.event(what, { agent = a.uid, state = agent.state, capacity = capacity, desks = desks })
  chats.dispatch(agent.desks, what)
end

-- Returns: the open chats of the uid.
local function open_chats(uid)
  local found = {}
  local open = command("GET", keys.open(uid))
  if open then found[1] = chats.facts(open) end
  for _, id in ipairs(tiers.serving(uid)) do found[#found + 1] = chats.facts(id) end
  return found
end

-- A node that was declared dead, or said goodbye, has a lease of 0 until it is swept.
local function lives(node)
  return tonumber(command("ZSCORE", keys.nodes(), node) or 0) > 0
end

-- Returns: present, with the chats that ended after `since`, if that is given. Refuses with:
-- conflict, when the uid has another role, and unavailable, when the node is dead: nobody
-- would notice that this connection is lost. A role lives as long after its last connection
-- as the uid's messages may.
call.register("connect", { "allow-oom" }, function(a)
  if not lives(a.node) then
    return call.refuse("unavailable", "this node was declared dead; connect again")
  end
  local role = command("GET", keys.role(a.uid))
  if role and role ~= a.role then
    return call.refuse("conflict",
      "'" .. a.uid .. "' is known here as " .. role .. ", not as " .. a.role)
  end
  command("SET", keys.role(a.uid), a.role)
  command("HSET", keys.presence(a.uid), a.connection, a.node)
  command("HSET", keys.held(a.node), a.connection, a.uid)
  local came_back = command("ZREM", keys.grace(), a.uid) == 1
  if a.role == "agent" then
    arrive(a, came_back)
  elseif came_back then
    call.event("back", { customer = a.uid })
  end
  return { fact = "present", at = call.now, chats = open_chats(a.uid),
    ended = a.since and chats.ended_since(a.uid, a.since), status = tiers.status(a.uid) }
end)

-- Takes one connection away; with the last one the grace begins.
local function lose(uid, connection, node)
  command("HDEL", keys.held(node), connection)
  if command("HDEL", keys.presence(uid), connection) == 0 then return end
  if command("EXISTS", keys.presence(uid)) == 1 then return end
  command("EXPIRE", keys.role(uid), call.settings.keep_s)
  local agent = tiers.agent(uid)
  if not agent and not command("GET", keys.open(uid)) then return end
  if agent then tiers.leave(agent) end
  command("ZADD", keys.grace(), call.now + call.settings.grace_ms, uid)
  call.event("lost", { [agent and "agent" or "customer"] = uid })
end

call.register("disconnect", { "allow-oom" }, function(a)
  lose(a.uid, a.connection, a.node)
  return { fact = "done" }
end)

-- What the end of the grace means to an agent. Writes: agent, agents, staff, and what
-- chats.requeue does. It is in grace, so nobody is given to it meanwhile.
local function go_offline(agent)
  local waiting_at = {}
  for _, id in ipairs(tiers.serving(agent.uid)) do
    waiting_at[#waiting_at + 1] = chats.requeue(id)
  end
  staff.change({ uid = agent.uid, desks = {} }, agent.desks)
  command("DEL", keys.agent(agent.uid))
  command("SREM", keys.agents(), agent.uid)
  call.event("offline", { agent = agent.uid })
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
  local held = a.join or lives(a.node)
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

local SWEPT_MS = 1000 -- how exactly it is noted; a note costs a write of the disk

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

-- Treats the connections of dead nodes as lost and ends what is past its grace, at most
-- `limit` of each. Returns: swept, with how many; any number of nodes may do it.
call.register("sweep", { "allow-oom" }, function(a)
  make_up_for_a_pause(a.lease_ms)
  local count = 0
  for _, node in ipairs(command("ZRANGEBYSCORE", keys.nodes(), 0, call.now)) do
    command("ZADD", keys.nodes(), "XX", 0, node) -- half swept it must not come back
    local found = command("HRANDFIELD", keys.held(node), a.limit, "WITHVALUES")
    for i = 1, #found, 2 do lose(found[i + 1], found[i], node) end
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
