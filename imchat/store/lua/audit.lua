-- Looks whether every index agrees with every other: a visit for every key of a kind.
-- Reads only; leftovers.lua asks for all of it.

local audit = { faults = {}, visits = {} }
local check, visits

function audit.check(true_so, ...)
  if not true_so then audit.faults[#audit.faults + 1] = string.format(...) end
end
check, visits = audit.check, audit.visits

-- Calls `visit(key, name)` for every key of a kind; `name` is what makes it this one.
function audit.each(kind, visit)
  local pattern = keys.all(kind)
  local cursor = "0"
  repeat
    local found = command("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
    cursor = found[1]
    for _, key in ipairs(found[2]) do visit(key, string.sub(key, #pattern)) end
  until cursor == "0"
end

local function is_of(agent, desk)
  for _, own in ipairs(agent and agent.desks or {}) do
    if own == desk then return true end
  end
  return false
end

function visits.agent(_, uid)
  local agent = tiers.agent(uid)
  check(command("SISMEMBER", keys.agents(), uid) == 1, "agent %s is not among the agents", uid)
  check(agent.load <= agent.capacity, "agent %s holds %d of %d", uid, agent.load, agent.capacity)
  local present = command("EXISTS", keys.presence(uid)) == 1
  check(present ~= agent.in_grace, "agent %s is neither connected nor in grace, or both", uid)
  for _, desk in ipairs(agent.desks) do
    local arrival = tonumber(command("ZSCORE", keys.tier(desk, agent.load), uid))
    check(arrival == (tiers.has_free_slot(agent) and agent.moved or nil),
      "agent %s: bucket %s:%d is wrong", uid, desk, agent.load)
    check(tonumber(command("ZSCORE", keys.staff(desk), uid)) == agent.capacity,
      "desk %s does not know agent %s as it is", desk, uid)
  end
end

function visits.serving(key, uid)
  check(tiers.agent(uid), "agent %s serves chats and is offline", uid)
  for _, id in ipairs(command("SMEMBERS", key)) do
    local chat = command("HMGET", keys.chat(id), "state", "agent")
    check(chat[1] == "active" and chat[2] == uid,
      "agent %s serves chat %s, which does not say so", uid, id)
  end
end

function visits.tier(key, name)
  local desk, tier = string.match(name, "^(.*):(%d+)$")
  for _, uid in ipairs(command("ZRANGE", key, 0, -1)) do
    local agent = tiers.agent(uid)
    check(agent and agent.load == tonumber(tier),
      "bucket %s holds %s, whose load differs", name, uid)
    check(is_of(agent, desk), "bucket %s holds %s, who is not of the desk", name, uid)
  end
  check(queue.length(desk) == 0,
    "desk %s: tier %s has a free slot while somebody waits", desk, tier)
end

function visits.staff(key, desk)
  check(command("SISMEMBER", keys.desks(), desk) == 1, "desk %s has agents and is not known", desk)
  for _, uid in ipairs(command("ZRANGE", key, 0, -1)) do
    check(is_of(tiers.agent(uid), desk), "desk %s has the agent %s, who is not of it", desk, uid)
  end
end

function visits.queue(key, desk)
  check(command("SISMEMBER", keys.desks(), desk) == 1, "desk %s has a queue and is not known", desk)
  local waiting = command("ZRANGE", key, 0, -1, "WITHSCORES")
  for i = 1, #waiting, 2 do
    local id, ticket = waiting[i], waiting[i + 1]
    local chat = command("HMGET", keys.chat(id), "state", "desk")
    check(id == ticket, "chat %s waits with the ticket %s", id, ticket)
    check(chat[1] == "waiting" and chat[2] == desk, "chat %s waits but does not say so", id)
  end
end

function visits.chat(key, id)
  local chat = chats.facts(id)
  if chat.state == "closed" then return audit.has_lifetime(key) end
  check(command("GET", keys.open(chat.customer)) == id,
    "chat %s is not its customer's open one", id)
  check(chat.position or (chat.agent and command("SISMEMBER", keys.serving(chat.agent), id) == 1),
    "chat %s is neither in a queue nor with an agent", id)
end

function visits.open(key, customer)
  local id = command("GET", key)
  local chat = command("HMGET", keys.chat(id), "customer", "state")
  check(chat[1] == customer and chat[2] ~= "closed",
    "customer %s has the open chat %s, which is not", customer, id)
  local present = command("EXISTS", keys.presence(customer)) == 1
  check(present or command("ZSCORE", keys.grace(), customer),
    "customer %s has a chat but is neither connected nor in grace", customer)
end

function visits.presence(key, uid)
  check(not command("ZSCORE", keys.grace(), uid), "%s is connected and in grace", uid)
  local connections = command("HGETALL", key)
  for i = 1, #connections, 2 do
    local connection, node = connections[i], connections[i + 1]
    check(command("HGET", keys.held(node), connection) == uid,
      "node %s does not hold %s", node, uid)
  end
end

function visits.held(key, node)
  check(command("ZSCORE", keys.nodes(), node), "node %s holds connections and is gone", node)
  local connections = command("HGETALL", key)
  for i = 1, #connections, 2 do
    local connection, uid = connections[i], connections[i + 1]
    check(command("HGET", keys.presence(uid), connection) == node,
      "node %s holds %s, who does not say so", node, uid)
  end
end
