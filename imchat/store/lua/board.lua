-- What is shown of a site: places in the queue, everything at a glance, what happened last.

local HEAD = 50

-- Returns: positions, for those of the given chats that still wait.
call.register("positions", { "no-writes" }, function(a)
  local waiting = {}
  for _, id in ipairs(a.chats) do
    local chat = chats.facts(id)
    if chat and chat.position then
      waiting[#waiting + 1] = { fact = "queued", chat = chat,
        eta_s = queue.eta_s(chat.desk, chat.position) }
    end
  end
  return { fact = "positions", waiting = waiting }
end)

local function agents()
  local found = {}
  for _, uid in ipairs(command("SMEMBERS", keys.agents())) do
    local agent = tiers.agent(uid)
    agent.customers, agent.chats = {}, tiers.serving(uid)
    for _, id in ipairs(agent.chats) do
      agent.customers[#agent.customers + 1] = command("HGET", keys.chat(id), "customer")
    end
    found[#found + 1] = agent
  end
  return found
end

local function desks()
  local found = {}
  for _, name in ipairs(command("SMEMBERS", keys.desks())) do
    local head = {}
    for _, id in ipairs(command("ZRANGE", keys.queue(name), 0, HEAD - 1)) do
      local chat = command("HMGET", keys.chat(id), "customer", "queued_at")
      head[#head + 1] = { customer = chat[1], chat = id, since = tonumber(chat[2]) }
    end
    found[#found + 1] = { name = name, waiting = queue.length(name), head = head }
  end
  return found
end

-- Returns: site, all of it as of one moment.
call.register("site", { "no-writes" }, function()
  local totals = {}
  for _, name in ipairs({ "requested", "assigned", "closed", "abandoned", "messages" }) do
    totals[name] = tonumber(command("HGET", keys.totals(), name) or 0)
  end
  return { fact = "site", at = call.now, agents = agents(), desks = desks(), totals = totals }
end)

-- Reads: events. Returns: log, the last so many entries, the oldest first, each with its fields
-- and values in turn; and the id of the newest, also if none was asked for.
call.register("log", { "no-writes" }, function(a)
  local found = command("XREVRANGE", keys.events(), "+", "-", "COUNT", math.max(a.limit, 1))
  local events = {}
  for i = math.min(#found, a.limit), 1, -1 do events[#events + 1] = found[i] end
  return { fact = "log", read_to = found[1] and found[1][1] or "0-0", events = events }
end)

-- Reads: today. Writes: the sums of each desk in `found`, as the hash has them.
local function sums_of(day, found)
  local fields = command("HGETALL", keys.today(day))
  for i = 1, #fields, 2 do
    local desk, name = string.match(fields[i], "^(.*):([^:]+)$")
    found[desk] = found[desk] or {}
    found[desk][name] = tonumber(fields[i + 1])
  end
  return found
end

-- Returns: trends, of each desk that is known, or had anybody today or within the last hour: how
-- many wait now, today's sums, and the steps of this hour and the last in which anything happened.
call.register("trends", { "no-writes" }, function()
  local hour, day = math.floor(call.now / 3600000), math.floor(call.now / 86400000)
  local known, today = sums_of(math.floor((call.now - 3600000) / 86400000), {}), sums_of(day, {})
  for desk in pairs(today) do known[desk] = known[desk] or {} end
  for _, desk in ipairs(command("SMEMBERS", keys.desks())) do known[desk] = known[desk] or {} end
  local found = {}
  for desk in pairs(known) do
    found[#found + 1] = { name = desk, waiting = queue.length(desk), today = today[desk],
      this_hour = command("HGETALL", keys.trend(desk, hour)),
      last_hour = command("HGETALL", keys.trend(desk, hour - 1)) }
  end
  return { fact = "trends", at = call.now, desks = found }
end)
