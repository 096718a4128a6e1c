-- The tier buckets: for each desk and load, the online agents with a free slot.
-- The current tier is the lowest bucket that is not empty; it is never stored.

local tiers = {}

-- Reads: agent, serving, grace. Returns: the agent as a table, or nil when it is offline.
function tiers.agent(uid)
  local found = command("HMGET", keys.agent(uid), "name", "state", "capacity", "desks", "moved",
    "since")
  if not found[2] then return nil end
  local desks = {}
  for desk in string.gmatch(found[4], "[^,]+") do desks[#desks + 1] = desk end
  return {
    uid = uid,
    name = found[1],
    state = found[2],
    capacity = tonumber(found[3]),
    desks = desks,
    moved = tonumber(found[5]),
    since = tonumber(found[6]), -- when it began to stand as it does
    load = command("SCARD", keys.serving(uid)),
    in_grace = command("ZSCORE", keys.grace(), uid) and true or false,
  }
end

-- Returns: the ids of the agent's chats, the oldest first.
function tiers.serving(uid)
  local ids = command("SMEMBERS", keys.serving(uid))
  table.sort(ids, function(one, other) return tonumber(one) < tonumber(other) end)
  return ids
end

-- Returns: the fact of how the agent stands, or nil when it is offline.
function tiers.status(uid)
  local agent = tiers.agent(uid)
  return agent and { fact = "status", uid = uid, state = agent.state, load = agent.load,
    capacity = agent.capacity }
end

-- Whether the agent belongs in a bucket of each of its desks.
function tiers.has_free_slot(agent)
  return agent.state == "online" and not agent.in_grace and agent.load < agent.capacity
end

-- Writes: tier. Takes the agent out of the buckets it stands in.
function tiers.leave(agent)
  for _, desk in ipairs(agent.desks) do
    command("ZREM", keys.tier(desk, agent.load), agent.uid)
  end
end

-- Returns: for an event of the agent, which ends how it stood until now, from when on, with
-- how many chats, of how many that it could hold, at which desks.
function tiers.stood(agent, state)
  return string.format("%s:%d:%d:%d:%s", state or agent.in_grace and "grace" or agent.state,
    agent.since or call.now, agent.load, agent.capacity, table.concat(agent.desks, ","))
end

-- Writes: tier, agent.moved, agent.since. Puts the agent at the end of the bucket of its load,
-- if it has a free slot. A full one notes its arrival as well: it is shown in that order.
function tiers.enter(agent)
  local arrival = command("INCR", keys.arrivals())
  command("HSET", keys.agent(agent.uid), "moved", arrival, "since", call.now)
  if not tiers.has_free_slot(agent) then return end
  for _, desk in ipairs(agent.desks) do
    command("ZADD", keys.tier(desk, agent.load), arrival, agent.uid)
  end
end

-- Reads: staff, tier. Returns: the current tier of the desk, or nil when nobody is free.
function tiers.current(desk)
  for n = 0, staff.highest_capacity(desk) - 1 do
    if command("EXISTS", keys.tier(desk, n)) == 1 then return n end
  end
  return nil
end

-- Returns: which one of so many a stable hash of the customer picks, from 0.
local function place_of(customer, count)
  return tonumber(string.sub(redis.sha1hex(customer), 1, 8), 16) % count
end

-- Reads: tier. Returns: the agent of the bucket that the customer's hash picks.
function tiers.pick(desk, tier, customer)
  local bucket = keys.tier(desk, tier)
  local index = place_of(customer, command("ZCARD", bucket))
  return command("ZRANGE", bucket, index, index)[1]
end

-- Reads: staff, tier. Returns: the agent that a request would get if `uid` were not there, and
-- the tier that it stands in; or nil, when nobody else is free.
function tiers.pick_another(desk, customer, uid)
  for n = 0, staff.highest_capacity(desk) - 1 do
    local others = {}
    for _, other in ipairs(command("ZRANGE", keys.tier(desk, n), 0, -1)) do
      if other ~= uid then others[#others + 1] = other end
    end
    if #others > 0 then return others[place_of(customer, #others) + 1], n end
  end
  return nil
end
