-- Looks whether every index agrees with every other. Reads only.

local faults = {}

local function check(true_so, ...)
  if not true_so then faults[#faults + 1] = string.format(...) end
end

local function each(kind, visit)
  local pattern = keys.all(kind)
  local cursor = "0"
  repeat
    local found = command("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
    cursor = found[1]
    for _, key in ipairs(found[2]) do visit(key, string.sub(key, #pattern)) end
  until cursor == "0"
end

local function audit_agent(uid)
  local agent = tiers.agent(uid)
  check(agent, "agent %s has no record", uid)
  if not agent then return end
  check(agent.load <= agent.capacity, "agent %s holds %d of %d", uid, agent.load, agent.capacity)
  local present = command("EXISTS", keys.presence(uid)) == 1
  check(present ~= agent.in_grace, "agent %s is neither connected nor in grace, or both", uid)
  for _, desk in ipairs(agent.desks) do
    local stands = command("ZSCORE", keys.tier(desk, agent.load), uid)
    check((stands and true or false) == tiers.has_free_slot(agent),
      "agent %s: bucket %s:%d is wrong", uid, desk, agent.load)
  end
  for _, id in ipairs(command("SMEMBERS", keys.serving(uid))) do
    local chat = command("HMGET", keys.chat(id), "state", "agent", "customer")
    check(chat[1] == "active" and chat[2] == uid, "agent %s serves chat %s, which does not say so", uid, id)
    check(chat[3] and command("GET", keys.open(chat[3])) == id, "chat %s is not its customer's open one", id)
  end
end

local function audit_bucket(key, name)
  local desk, tier = string.match(name, "^(.*):(%d+)$")
  for _, uid in ipairs(command("ZRANGE", key, 0, -1)) do
    local agent = tiers.agent(uid)
    check(agent and agent.load == tonumber(tier), "bucket %s holds %s, whose load differs", name, uid)
    local belongs = false
    for _, own in ipairs(agent and agent.desks or {}) do belongs = belongs or own == desk end
    check(belongs, "bucket %s holds %s, who is not of the desk", name, uid)
  end
  check(queue.length(desk) == 0, "desk %s: tier %s has a free slot while somebody waits", desk, tier)
end

local function audit_queue(key, desk)
  local waiting = command("ZRANGE", key, 0, -1, "WITHSCORES")
  for i = 1, #waiting, 2 do
    local chat = command("HMGET", keys.chat(waiting[i]), "state", "desk", "customer")
    check(waiting[i] == waiting[i + 1], "chat %s waits with the ticket %s", waiting[i], waiting[i + 1])
    check(chat[1] == "waiting" and chat[2] == desk, "chat %s waits but does not say so", waiting[i])
    check(chat[3] and command("GET", keys.open(chat[3])) == waiting[i],
      "chat %s waits but is not its customer's open one", waiting[i])
  end
end

local function audit_open(key, customer)
  local id = command("GET", key)
  local chat = chats.facts(id)
  check(chat and chat.customer == customer, "customer %s has the open chat %s, which is not", customer, id)
  if not chat then return end
  check(chat.position or (chat.agent and command("SISMEMBER", keys.serving(chat.agent), id) == 1),
    "chat %s is neither in a queue nor with an agent", id)
  check(command("EXISTS", keys.presence(customer)) == 1 or command("ZSCORE", keys.grace(), customer),
    "customer %s has a chat but is neither connected nor in grace", customer)
end

local function audit_presence(key, uid)
  check(not command("ZSCORE", keys.grace(), uid), "%s is connected and in grace", uid)
  local held = command("HGETALL", key)
  for i = 1, #held, 2 do
    check(command("ZSCORE", keys.nodes(), held[i + 1]), "%s is connected to %s, which is gone", uid, held[i + 1])
    check(command("HGET", keys.held(held[i + 1]), held[i]) == uid, "node %s does not hold %s", held[i + 1], uid)
  end
end

local function has_lifetime(key)
  check(command("TTL", key) > 0, "%s has no lifetime", key)
end

local function fields_have_lifetime(key)
  for _, field in ipairs(command("HKEYS", key)) do
    local ttl = command("HTTL", key, "FIELDS", 1, field)[1]
    check(ttl > 0, "%s: field %s has no lifetime", key, field)
  end
end

-- Returns: audit, with every fault found as a sentence.
call.register("audit", function()
  faults = {}
  for _, uid in ipairs(command("SMEMBERS", keys.agents())) do audit_agent(uid) end
  each("tier", audit_bucket)
  each("queue", audit_queue)
  each("open", audit_open)
  each("presence", audit_presence)
  each("chat", function(key)
    if command("HGET", key, "state") == "closed" then has_lifetime(key) end
  end)
  each("seq", has_lifetime)
  each("history", fields_have_lifetime)
  each("sent", fields_have_lifetime)
  each("role", function(key, uid)
    if command("EXISTS", keys.presence(uid)) == 0 then has_lifetime(key) end
  end)
  return { fact = "audit", faults = faults }
end)
