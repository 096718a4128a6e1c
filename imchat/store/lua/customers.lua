-- What the staff knows of a customer besides its messages: chats that ended, and notes.

local SHOWN = 50 -- chats, and notes, of which no more are kept
local TOPIC_BYTES = 65536
local AGAIN_MS = 60000 -- longer than any call is repeated

-- Returns: a refusal, unless it is a customer whom the agent serves now; a supervisor may
-- ask for any.
local function refuse(a)
  if a.role == "supervisor" then
    if command("GET", keys.role(a.customer)) == "customer" then return nil end
    return call.refuse("not_found", "there is no customer '" .. a.customer .. "'")
  end
  if messages.open_between(a.customer, a.uid) then return nil end
  return call.refuse("forbidden", "you do not serve '" .. a.customer .. "'")
end

-- Reads: ended, chat. Returns: the newest chats that ended, the newest first, as many as
-- their topics let be told at once.
local function past(uid)
  local ids, met = {}, {}
  for _, field in ipairs(command("HKEYS", keys.ended(uid))) do
    local id = tonumber(string.match(field, "^%d+"))
    if not met[id] then ids[#ids + 1] = id end
    met[id] = true
  end
  table.sort(ids, function(one, other) return one > other end)
  local found, bytes = {}, 0
  for _, id in ipairs(ids) do
    local chat = chats.facts(string.format("%d", id))
    if chat and chat.state == "closed" then
      bytes = bytes + #(chat.topic or "")
      if #found == SHOWN or (#found > 0 and bytes > TOPIC_BYTES) then break end
      found[#found + 1] = chat
    end
  end
  return found
end

local function notes(uid)
  local found = {}
  for _, note in ipairs(command("LRANGE", keys.notes(uid), 0, -1)) do
    found[#found + 1] = cmsgpack.unpack(note)
  end
  return found
end

local function known(uid)
  return { fact = "customer", uid = uid, chats = past(uid), notes = notes(uid) }
end

-- Returns: customer. Refuses with: not_found, forbidden.
call.register("customer", { "no-writes" }, function(a)
  return refuse(a) or known(a.customer)
end)

-- Writes: notes, kept as long as messages since the last of them. Returns: customer. Refuses with:
-- not_found, forbidden, and unavailable, when the connection that asks was given up for lost.
-- What the same uid noted within a minute is not noted twice.
call.register("note", {}, function(a)
  local refused = call.refuse_lost(a.uid, a.connection) or refuse(a)
  if refused then return refused end
  for _, note in ipairs(notes(a.customer)) do
    if note.by == a.uid and note.body == a.body and note.at > call.now - AGAIN_MS then
      return known(a.customer)
    end
  end
  local key = keys.notes(a.customer)
  command("RPUSH", key, cmsgpack.pack({ by = a.uid, at = call.now, body = a.body }))
  command("LTRIM", key, -SHOWN, -1)
  command("EXPIRE", key, call.settings.keep_s)
  return known(a.customer)
end)
