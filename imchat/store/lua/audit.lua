-- Looks whether the indexes of allocation and presence agree: a visit for every key of a kind.
-- A visit reads all that it compares within one call, so it never sees half of a change, and
-- a site that is at work gives no false alarm. Reads only; doctor.lua says what is visited.

local audit = { visits = {} }
local visits = audit.visits
local faults = {}

local function check(true_so, ...)
  if not true_so then faults[#faults + 1] = string.format(...) end
end
audit.check = check

-- Returns: what `look` does. A key that is nothing that it could be is a fault and no more.
function audit.safely(look, key, ...)
  local readable, result = pcall(look, key, ...)
  if readable then return result end
  check(false, "%s cannot be read: %s", key, type(result) == "table" and result.err or result)
end

-- Returns: audit, with the faults that were found since the last time, as sentences.
function audit.told(looked_at, place)
  local found = faults
  faults = {}
  return { fact = "audit", faults = found, looked_at = looked_at, place = place }
end

local function exists(...) return command("EXISTS", ...) > 0 end

local function is_of(agent, desk)
  for _, own in ipairs(agent and agent.desks or {}) do
    if own == desk then return true end
  end
  return false
end

-- A role may be forgotten while its uid, long gone, is still in grace: nobody swept meanwhile.
local function check_role(uid, role)
  local found = command("GET", keys.role(uid))
  check(not found or found == role, "%s has the role %s and is known as %s", uid, role, found)
end

local function check_kept(key)
  check(command("PTTL", key) < 0, "%s will expire and is still needed", key)
end

function visits.agent(key, uid)
  local agent = tiers.agent(uid)
  if not agent then return check(false, "agent %s has no record", uid) end
  check(command("SISMEMBER", keys.agents(), uid) == 1, "agent %s is not among the agents", uid)
  check(agent.state == "online" or agent.state == "away", "agent %s is %s", uid, agent.state)
  check(agent.load <= agent.capacity, "agent %s holds %d of %d", uid, agent.load, agent.capacity)
  check(exists(keys.presence(uid)) ~= agent.in_grace,
    "agent %s is neither connected nor in grace, or both", uid)
  check(agent.moved <= tonumber(command("GET", keys.arrivals()) or 0),
    "agent %s has an arrival that was never counted", uid)
  for _, desk in ipairs(agent.desks) do
    local arrival = tonumber(command("ZSCORE", keys.tier(desk, agent.load), uid))
    check(arrival == (tiers.has_free_slot(agent) and agent.moved or nil),
      "agent %s: bucket %s:%d is wrong", uid, desk, agent.load)
    check(tonumber(command("ZSCORE", keys.staff(desk), uid)) == agent.capacity,
      "desk %s does not know agent %s as it is", desk, uid)
  end
  check_role(uid, "agent")
  check_kept(key)
end

function visits.serving(_, uid)
  check(tiers.agent(uid), "agent %s serves chats and is offline", uid)
  for _, id in ipairs(tiers.serving(uid)) do
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
  check(not exists(key) or queue.length(desk) == 0,
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
    check(chat[1] == "waiting" and chat[2] == desk,
      "chat %s waits at desk %s but does not say so", id, desk)
  end
end

function visits.pace(_, desk)
  check(command("SISMEMBER", keys.desks(), desk) == 1, "desk %s has a pace and is not known", desk)
end

-- Returns: its customer, if it is open.
function visits.chat(key, id)
  local chat = command("HMGET", key, "state", "customer", "desk", "agent", "closed_at", "score")
  local state, customer, desk, agent, closed_at, score = unpack(chat)
  check(tonumber(id) <= tonumber(command("GET", keys.tickets()) or 0),
    "chat %s has a ticket that was never given", id)
  if state == "closed" then
    check(closed_at, "chat %s is closed, and nobody knows when", id)
    audit.check_lifetime(key)
    return nil
  end
  check(not score, "chat %s is rated, and not closed", id)
  check(command("GET", keys.open(customer)) == id, "chat %s is not its customer's open one", id)
  local has_agent = agent and agent ~= ""
  local waits = state == "waiting" and not has_agent and queue.position(desk, id)
  local is_served = state == "active" and has_agent
    and command("SISMEMBER", keys.serving(agent), id) == 1
  check(waits or is_served, "chat %s is neither in a queue nor with an agent", id)
  check_kept(key)
  return customer
end

function visits.open(key, customer)
  local id = command("GET", key)
  local chat = command("HMGET", keys.chat(id), "customer", "state")
  check(chat[1] == customer and chat[2] ~= "closed",
    "customer %s has the open chat %s, which is not", customer, id)
  check(exists(keys.presence(customer)) or command("ZSCORE", keys.grace(), customer),
    "customer %s has a chat but is neither connected nor in grace", customer)
  check_role(customer, "customer")
  check_kept(key)
end
