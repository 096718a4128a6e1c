-- Who is connected where, and who may still come back.

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
  call.event(what, "agent", a.uid, "state", agent.state, "capacity", capacity, "desks", desks,
    "stood", before and tiers.stood(before, came_back and "grace" or nil) or "")
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

-- Reads: ended, chat. Returns: of the chats that ended for the uid since then, each with
-- the peer and the seq before its first message, the oldest first.
local function ended_since(uid, since)
  local found = command("HGETALL", keys.ended(uid))
  local ended = {}
  for i = 1, #found, 2 do
    local id, peer = string.match(found[i], "^(%d+):(.*)$")
    local at, after = string.match(found[i + 1], "^(%d+):(%d+)$")
    local chat = tonumber(at) >= since and peer ~= "" and chats.facts(id)
    if chat then
      ended[#ended + 1] = { chat = chat, peer = peer, after = tonumber(after), at = tonumber(at) }
    end
  end
  table.sort(ended, function(one, other) return one.at < other.at end)
  return ended
end

-- A node that was declared dead, or said goodbye, has a lease of 0 until it is swept.
function presence.lives(node)
  return tonumber(command("ZSCORE", keys.nodes(), node) or 0) > 0
end

-- Returns: present, with the chats that ended after `since`, if that is given. Refuses with:
-- conflict, when the uid has another role, and unavailable, when the node is dead: nobody
-- would notice that this connection is lost. A role lives as long after its last connection
-- as the uid's messages may.
call.register("connect", { "allow-oom" }, function(a)
  if not presence.lives(a.node) then
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
    call.event("back", "customer", a.uid)
  end
  return { fact = "present", at = call.now, chats = open_chats(a.uid),
    ended = a.since and ended_since(a.uid, a.since), status = tiers.status(a.uid) }
end)

-- Takes one connection away; with the last one the grace begins.
function presence.lose(uid, connection, node)
  command("HDEL", keys.held(node), connection)
  if command("HDEL", keys.presence(uid), connection) == 0 then return end
  if command("EXISTS", keys.presence(uid)) == 1 then return end
  command("EXPIRE", keys.role(uid), call.settings.keep_s)
  local agent = tiers.agent(uid)
  if not agent and not command("GET", keys.open(uid)) then return end
  local stood = agent and tiers.stood(agent) or ""
  if agent then
    tiers.leave(agent)
    command("HSET", keys.agent(uid), "since", call.now)
  end
  command("ZADD", keys.grace(), call.now + call.settings.grace_ms, uid)
  call.event("lost", agent and "agent" or "customer", uid, "stood", stood)
end

call.register("disconnect", { "allow-oom" }, function(a)
  presence.lose(a.uid, a.connection, a.node)
  return { fact = "done" }
end)
