-- Looks whether what was counted from the log can be true. Reads only; doctor.lua visits it.

local check, visits = audit.check, audit.visits

function visits.rollup(key, name)
  local day, of = string.match(name, "^(%d+):(.*)$")
  check(command("SISMEMBER", keys.cells(day), of) == 1, "%s is not among those of its day", key)
  audit.check_lifetime(key)
end

visits.cells, visits.trend, visits.today =
  audit.check_lifetime, audit.check_lifetime, audit.check_lifetime

-- Returns: whether the entry came after the other.
local function is_after(id, other)
  local ms, n = string.match(id, "^(%d+)-(%d+)$")
  local other_ms, other_n = string.match(other, "^(%d+)-(%d+)$")
  if ms ~= other_ms then return tonumber(ms) > tonumber(other_ms) end
  return tonumber(n) > tonumber(other_n)
end

-- When all of the log is folded, as many wait by it as do.
function visits.folded(key)
  local folded = command("HGET", key, "event")
  local last, dropped = rollups.ends_of_log()
  check(not is_after(folded, last), "%s is folded up to %s, and the log ends at %s",
    key, folded, last)
  check(not is_after(dropped, folded), "events up to %s were dropped, and counted up to %s",
    dropped, folded)
  if folded ~= last then return end
  for _, desk in ipairs(command("SMEMBERS", keys.desks())) do
    local waiting = tonumber(command("HGET", key, "waiting:" .. desk) or 0)
    check(waiting == queue.length(desk), "desk %s: %d wait by the log, and %d do", desk, waiting,
      queue.length(desk))
  end
end
