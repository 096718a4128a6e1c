-- Looks whether what was counted from the log can be true. Reads only; doctor.lua visits it.

local check, visits = audit.check, audit.visits

function visits.rollup(key, name)
  local day, of = string.match(name, "^(%d+):(.*)$")
  check(command("SISMEMBER", keys.cells(day), of) == 1, "%s is not among those of its day", key)
  audit.check_lifetime(key)
end

visits.cells, visits.trend, visits.today =
  audit.check_lifetime, audit.check_lifetime, audit.check_lifetime

-- Events are dropped after a month, and counted long before. When all are counted, as many wait
-- by the log as do.
function visits.folded(key)
  local folded = command("HMGET", key, "event", "count")
  local log = rollups.log()
  check(tonumber(folded[2]) >= log.dropped, "%d events were dropped, and %s counted before",
    log.dropped, folded[2])
  if folded[1] ~= log.last then return end
  for _, desk in ipairs(command("SMEMBERS", keys.desks())) do
    local waiting = tonumber(command("HGET", key, "waiting:" .. desk) or 0)
    check(waiting == queue.length(desk), "desk %s: %d wait by the log, and %d do", desk, waiting,
      queue.length(desk))
  end
end
