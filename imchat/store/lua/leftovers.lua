-- Looks whether all that should expire will, and whether what was kept for something is
-- gone when that is gone. Reads only. And the audit as a whole.

local check, each = audit.check, audit.each

function audit.has_lifetime(key)
  check(command("TTL", key) > 0, "%s has no lifetime", key)
end

local function fields_have_lifetime(key)
  for _, field in ipairs(command("HKEYS", key)) do
    local ttl = command("HTTL", key, "FIELDS", 1, field)[1]
    check(ttl > 0, "%s: field %s has no lifetime", key, field)
  end
end

audit.visits.seq = audit.has_lifetime
audit.visits.asked = audit.has_lifetime
audit.visits.ended = fields_have_lifetime
audit.visits.history = fields_have_lifetime
audit.visits.sent = fields_have_lifetime

function audit.visits.role(key, uid)
  if command("EXISTS", keys.presence(uid)) == 0 then audit.has_lifetime(key) end
end

function audit.visits.pace(_, desk)
  check(command("SISMEMBER", keys.desks(), desk) == 1, "desk %s has a pace and is not known", desk)
end

function audit.visits.inbox(_, node)
  check(command("ZSCORE", keys.nodes(), node), "node %s has an inbox and is gone", node)
end

local function members()
  for _, uid in ipairs(command("SMEMBERS", keys.agents())) do
    check(tiers.agent(uid), "agent %s has no record", uid)
  end
  for _, desk in ipairs(command("SMEMBERS", keys.desks())) do
    check(command("EXISTS", keys.staff(desk), keys.queue(desk)) > 0,
      "desk %s has neither agents nor a queue", desk)
  end
  for _, uid in ipairs(command("ZRANGE", keys.grace(), 0, -1)) do
    check(command("EXISTS", keys.agent(uid), keys.open(uid)) > 0, "%s is in grace for nothing", uid)
  end
end

-- Returns: audit, with every fault found as a sentence.
call.register("audit", { "no-writes" }, function()
  audit.faults = {}
  for kind, visit in pairs(audit.visits) do each(kind, visit) end
  members()
  return { fact = "audit", faults = audit.faults }
end)
