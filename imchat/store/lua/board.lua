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
    agent.customers = {}
    for _, id in ipairs(tiers.serving(uid)) do
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
