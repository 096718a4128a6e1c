-- Forgets a customer: all that was said, its name, what was noted of it, and that it was it in the
-- log. The log is written anew without the uid, as an entry cannot be changed; what is counted of it
-- stays as it is. Both go on a bounded part at a time, and the customer has no chat meanwhile.

local KEYS_A_CALL = 250
local EVENTS_A_CALL = 250
local REWRITING_S = 600

-- Reads: open, role. Returns: a refusal, or nil.
local function refuse_open(customer)
  if command("EXISTS", keys.open(customer)) == 1 then
    return call.refuse("conflict", "'" .. customer .. "' has an open chat; close it first")
  end
  local role = command("GET", keys.role(customer))
  if role and role ~= "customer" then
    return call.refuse("conflict", "'" .. customer .. "' is known here as " .. role)
  end
end

-- What remains while the customer is connected: that it is, and as what.
local CONNECTED = { presence = true, role = true }

-- How many things of what kind went with a key that is the customer's alone.
local function count_of(kind, key)
  if kind == "history" then return "messages", command("HLEN", key) end
  if kind == "notes" then return "notes", command("LLEN", key) end
end

-- Whether one of the names in the key is the customer's.
local function names(rest, customer)
  for name in string.gmatch(rest, "[^:]+") do
    if name == customer then return true end
  end
end

-- Of an agent's chats that ended those with the customer.
local function forget_ends(key, customer)
  for _, field in ipairs(command("HKEYS", key)) do
    if string.match(field, "^%d+:(.*)$") == customer then command("HDEL", key, field) end
  end
end

local by_name = { history = true, seq = true, sent = true, asked = true, ended = true, past = true,
  notes = true, presence = true, role = true }

local function forget(key, customer, is_connected, gone)
  local kind, rest = keys.parse(key)
  if by_name[kind] and names(rest, customer) then
    if is_connected and CONNECTED[kind] then return end
    local what, count = count_of(kind, key)
    if what then gone[what] = (gone[what] or 0) + count end
    command("UNLINK", key)
  elseif kind == "chat" and command("HGET", key, "customer") == customer then
    local chat = command("HMGET", key, "score", "comment")
    gone.chats = (gone.chats or 0) + 1
    if chat[2] and chat[2] ~= "" then gone.comments = (gone.comments or 0) + 1 end
    command("UNLINK", key)
  elseif kind == "ended" then
    forget_ends(key, customer)
  end
end

-- Takes a cursor, "0" at first. Returns: erased, with what is gone by kind, and where to go on. Refuses with: conflict, while the customer has a chat, or is none.
call.register("erase", { "allow-oom" }, function(a)
  local refused = refuse_open(a.customer)
  if refused then return refused end
  local gone, is_connected = {}, command("EXISTS", keys.presence(a.customer)) == 1
  local found = command("SCAN", a.cursor, "MATCH", keys.all(), "COUNT", KEYS_A_CALL)
  for _, key in ipairs(found[2]) do forget(key, a.customer, is_connected, gone) end
  return { fact = "erased", gone = next(gone) and gone or nil, cursor = found[1],
    more = found[1] ~= "0", connected = is_connected }
end)

-- Reads: rewriting. Returns: whether this call's log goes on, is to begin, or is done; or a refusal.
local function turn(a)
  local writes = command("GET", keys.rewriting())
  if writes == a.call then return "goes on" end
  if writes then
    return nil, call.refuse("conflict", "another customer is being erased; try again in ten minutes")
  end
  return a.begins and "begins" or "is done"
end

-- Writes: rewritten, some more of the log. Returns: how many entries were of the customer, and
-- whether it is all of the log now.
local function rewrite(customer)
  local written = command("XREVRANGE", keys.rewritten(), "+", "-", "COUNT", 1)[1]
  local found = command("XRANGE", keys.events(), written and "(" .. written[1] or "-", "+", "COUNT",
    EVENTS_A_CALL)
  local count = 0
  for _, entry in ipairs(found) do
    local fields, was_there = entry[2], false
    for i = 1, #fields, 2 do
      local is_who = fields[i] == "customer" or fields[i] == "by"
      if is_who and fields[i + 1] == customer then fields[i + 1], was_there = "", true end
    end
    if was_there then count = count + 1 end
    command("XADD", keys.rewritten(), entry[1], unpack(fields))
  end
  return count, #found < EVENTS_A_CALL
end

-- Writes: events, whose place the log takes that was written anew.
local function take_place()
  local log = rollups.log()
  local kept = command("XLEN", keys.rewritten())
  command("XSETID", keys.rewritten(), log.last, "ENTRIESADDED", kept + log.dropped,
    "MAXDELETEDID", "0-0")
  command("PERSIST", keys.rewritten())
  command("RENAME", keys.rewritten(), keys.events())
  command("DEL", keys.rewriting())
end

-- Returns: erased, with how many events are of nobody now, and whether there is more to do.
-- Refuses with: conflict, when another erases just now. What is given up half way expires.
call.register("erase_events", {}, function(a)
  local how, refused = turn(a)
  if refused then return refused end
  if how == "is done" or command("EXISTS", keys.events()) == 0 then return { fact = "erased" } end
  if how == "begins" then command("DEL", keys.rewritten()) end
  local count, is_over = rewrite(a.customer)
  command("SET", keys.rewriting(), a.call, "EX", REWRITING_S)
  command("EXPIRE", keys.rewritten(), REWRITING_S)
  if is_over then take_place() end
  return { fact = "erased", gone = count > 0 and { events = count } or nil, more = not is_over }
end)
