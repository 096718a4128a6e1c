-- What the reports read: the roll-ups of a day, what the log adds to them, and how the agents
-- stand now, which no event has ended yet. Each a bounded part; reads only.

local CELLS_A_CALL = 50

-- Returns: cells as a list of name and measures, as an empty table would be taken for a list.
local function listed(found)
  local list = {}
  for name, cell in pairs(found) do list[#list + 1] = { name, cell } end
  return list
end

-- Takes a cursor, "0" at first. Returns: rolled, with some roll-ups of the day, up to which
-- event they count, and the cursor to go on from, "0" at the end.
call.register("rolled", { "no-writes" }, function(a)
  local page = command("SSCAN", keys.cells(a.day), a.cursor, "COUNT", CELLS_A_CALL)
  local found = {}
  for n, of in ipairs(page[2]) do
    local name, cell = string.format("%d:%s", a.day, of), {}
    local fields = command("HGETALL", keys.rollup(name))
    for i = 1, #fields, 2 do cell[fields[i]] = tonumber(fields[i + 1]) end
    found[n] = { name, cell }
  end
  return { fact = "rolled", cells = found, cursor = page[1],
    event = command("HGET", keys.folded(), "event") or "0-0" }
end)

-- Returns: measured, in cells of `width` ms what some events add to the time between, behind
-- the event `after` and up to `upto`; and whether there may be more.
call.register("measure", { "no-writes" }, function(a)
  local events, last = rollups.events(a.after, a.upto, a.limit)
  local found = tally.begin(a.width, a.since, a.till)
  for _, event in ipairs(events) do tally.count(event) end
  return { fact = "measured", cells = listed(found), event = last, more = #events == a.limit }
end)

-- Returns: standing, of this moment: the last event, since when the log is whole (ms, 0 if it
-- always was), and what the agents add to the time between by how they stand, which no event says yet.
call.register("standing", { "no-writes" }, function(a)
  local found = tally.begin(a.width, a.since, a.till)
  for _, uid in ipairs(command("SMEMBERS", keys.agents())) do
    local agent = tiers.agent(uid)
    tally.count({ what = "standing", at = call.now, agent = uid, stood = tiers.stood(agent) })
  end
  local log = rollups.log()
  return { fact = "standing", at = call.now, event = log.last, cells = listed(found),
    whole_since = log.dropped > 0 and tonumber(string.match(log.first, "^%d+")) or 0 }
end)
