-- Looks whether what was kept for something is gone when that is gone, whether all that
-- should expire will, and nothing before its time. Reads only; doctor.lua says what is visited.

local leftovers = {}
local check, visits = audit.check, audit.visits

-- An expiry is as exact as the clock; lives differ by whole days.
local SLACK_MS = 1000
local HOUR_MS = 3600000

function audit.check_lifetime(key)
  check(command("PTTL", key) ~= -1, "%s has no lifetime", key)
end
visits.notes = audit.check_lifetime

-- --- presence -----------------------------------------------------------------------------

function visits.presence(key, uid)
  local role = command("GET", keys.role(uid))
  check(role and command("PTTL", keys.role(uid)) < 0, "%s is connected and has no role", uid)
  check(role ~= "agent" or command("SISMEMBER", keys.agents(), uid) == 1,
    "agent %s is connected and not among the agents", uid)
  local connections = command("HGETALL", key)
  for i = 1, #connections, 2 do
    local connection, node = connections[i], connections[i + 1]
    check(command("HGET", keys.held(node), connection) == uid,
      "node %s does not hold %s", node, uid)
  end
end

-- A node whose lease ran out is among the nodes until a sweep has lost all its connections.
function visits.held(key, node)
  check(command("ZSCORE", keys.nodes(), node), "node %s holds connections and is gone", node)
  local connections = command("HGETALL", key)
  for i = 1, #connections, 2 do
    local connection, uid = connections[i], connections[i + 1]
    check(command("HGET", keys.presence(uid), connection) == node,
      "node %s holds %s, who does not say so", node, uid)
  end
end

function visits.inbox(_, node)
  check(command("ZSCORE", keys.nodes(), node), "node %s has an inbox and is gone", node)
end

function visits.role(key, uid)
  if command("EXISTS", keys.presence(uid)) == 0 then audit.check_lifetime(key) end
end

-- --- conversations ------------------------------------------------------------------------

local function of_pair(pair)
  local one, other = string.match(pair, "^([^:]+):([^:]+)$")
  return keys.history(one, other), talks.last_seq(one, other)
end

-- Returns: the ms that the living message `seq` was to live, or nil when it does not say when
-- it was stored as messages of this release do.
local function life_ms(history, seq)
  local at = string.match(command("HGET", history, seq),
    '^{"v":1,"chat":"[^"]*","seq":%d+,"at":(%d+),')
  return at and command("HPEXPIRETIME", history, "FIELDS", 1, seq)[1] - at
end

-- Whether all between two messages that live may have expired: only if the days that a
-- message lives were made fewer in between.
local function may_have_expired(history, older, newer)
  local before, after = life_ms(history, older), life_ms(history, newer)
  return not before or not after or after < before - HOUR_MS
end

-- What is above a message that lives, lives too. What is above the newest: visits.seq.
local function check_message(history, pair, seq, last)
  check(seq <= last, "conversation %s has message %d, and %d is its last", pair, seq, last)
  if seq >= last or command("HEXISTS", history, seq + 1) == 1 then return end
  local newer = next_alive(history, seq + 1, 1, last)
  if not newer then return end
  check(may_have_expired(history, seq, newer),
    "conversation %s: messages %d to %d are gone before their time", pair, seq + 1, newer - 1)
end

local function check_lifetimes(key, fields)
  if #fields == 0 then return end
  for i, ttl in ipairs(command("HPTTL", key, "FIELDS", #fields, unpack(fields))) do
    check(ttl ~= -1, "%s: field %s has no lifetime", key, fields[i])
  end
end

-- Hashes that grow are looked at some fields at a time: `how` to scan for them, and a visit for
-- what was found, which returns how many fields that is.
leftovers.history = { how = { "NOVALUES" } }
leftovers.sent = { how = {} }
leftovers.ended = { how = { "NOVALUES" } }
leftovers.asked = { how = { "NOVALUES" }, visit = function(key, _, found)
  check_lifetimes(key, found)
  return #found
end }

-- A chat is known for as long as that it ended between two, at least.
function leftovers.ended.visit(key, uid, found)
  for _, field in ipairs(found) do
    local id = string.match(field, "^(%d+):")
    check(command("EXISTS", keys.chat(id)) == 1,
      "chat %s ended for %s and has no record", id, uid)
  end
  check_lifetimes(key, found)
  return #found
end

function leftovers.history.visit(key, pair, found)
  local history, last = of_pair(pair)
  for _, seq in ipairs(found) do check_message(history, pair, tonumber(seq), last) end
  check_lifetimes(key, found)
  return #found
end

-- What was acked within the last day is there: no message lives shorter than its id is known.
function leftovers.sent.visit(key, pair, found)
  local history, last = of_pair(pair)
  local fields = {}
  for i = 1, #found, 2 do
    local field, seq = found[i], tonumber(string.match(found[i + 1], "^%d+"))
    fields[#fields + 1] = field
    check(seq <= last, "conversation %s acked message %d, and %d is its last", pair, seq, last)
    check(command("HEXISTS", history, seq) == 1,
      "conversation %s: message %d was acked and is gone", pair, seq)
  end
  check_lifetimes(key, fields)
  return #fields
end

-- Returns: the ms that the message will live that lives longest.
local function longest_left_ms(history)
  local longest = 0
  for _, seq in ipairs(command("HKEYS", history)) do
    longest = math.max(longest, command("HPTTL", history, "FIELDS", 1, seq)[1])
  end
  return longest
end

-- The counter lives a day longer than the message that lives longest, which is the last one
-- unless the days that a message lives were made fewer.
function visits.seq(key, pair)
  audit.check_lifetime(key)
  local history, last = of_pair(pair)
  if command("HEXISTS", history, last) == 1 then return end
  local due_ms = command("PTTL", key) - SENT_S * 1000
  check(due_ms <= SLACK_MS or due_ms <= longest_left_ms(history) + SLACK_MS,
    "conversation %s: message %d is gone before its time", pair, last)
end
