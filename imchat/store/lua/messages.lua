-- Conversations: one copy for each pair of uids, each message living as long as is set.

local messages = {}
local SENT_S = 86400

-- Reads: open, chat. Returns: the open chat between customer and agent with what a
-- post needs of it, or nil.
function messages.open_between(customer, agent)
  local id = command("GET", keys.open(customer))
  if not id then return nil end
  local found = command("HMGET", keys.chat(id), "agent", "pending_at", "first_reply_at")
  if found[1] ~= agent then return nil end
  return { id = id, customer = customer, agent = agent, pending_at = tonumber(found[2]),
    first_reply_at = tonumber(found[3]) }
end

local function sides(a)
  if a.role == "customer" then return a.sender, a.to end
  return a.to, a.sender
end

-- Writes: seq, history, sent, chat. Stores one message and tells who should hear.
-- `tail` is the end of its JSON, from the id on; only what Lua knows is put before it.
local function store(chat, sender, to, id, tail, except)
  local keep_s = call.settings.keep_s
  local seq = command("INCR", keys.seq(sender, to))
  -- It outlives every message that it numbered, also one that was to live longer than this.
  command("EXPIRE", keys.seq(sender, to), keep_s + SENT_S, seq == 1 and "NX" or "GT")
  local json = string.format('{"v":1,"chat":"%s","seq":%d,"at":%d,"from":"%s","to":"%s",%s',
    chat.id, seq, call.now, sender, to, tail)
  command("HSETEX", keys.history(sender, to), "EX", keep_s, "FIELDS", 1, seq, json)
  local ack = { seq = seq, chat = chat.id, at = call.now }
  command("HSETEX", keys.sent(sender, to), "EX", SENT_S, "FIELDS", 1, sender .. ":" .. id,
    cmsgpack.pack(ack))
  local fact = { fact = "posted", message = json }
  call.tell(to, fact)
  call.tell(sender, fact, except)
  return ack, json
end

-- Writes: chat. Counts the message for the reports: an agent's response time runs from
-- the first customer message that it leaves unanswered.
local function count(chat, sender)
  local key = keys.chat(chat.id)
  if sender == chat.customer then
    command("HINCRBY", key, "messages_customer", 1)
    if not chat.pending_at then command("HSET", key, "pending_at", call.now) end
    return
  end
  command("HINCRBY", key, "messages_agent", 1)
  if not chat.first_reply_at then command("HSET", key, "first_reply_at", call.now) end
  if chat.pending_at then
    command("HINCRBY", key, "responses", 1)
    command("HINCRBY", key, "response_ms", call.now - chat.pending_at)
    command("HSET", key, "pending_at", "")
  end
end

-- Returns: what acks the message, or why it is refused; whether it was stored just now.
local function post(a)
  -- The same id from the same sender is stored once, even if the chat was closed since.
  local known = command("HGET", keys.sent(a.sender, a.to), a.sender .. ":" .. a.id)
  if known then return cmsgpack.unpack(known), false end
  local customer, agent = sides(a)
  local chat = messages.open_between(customer, agent)
  if not chat then
    return { refused = "not_found", message = "there is no open chat between you and " .. a.to }
  end
  count(chat, a.sender)
  local ack = store(chat, a.sender, a.to, a.id, a.tail, a.connection)
  return ack, true
end

-- The topic becomes the customer's first message to the agent. Returns: its JSON.
function messages.topic(chat, agent, except)
  local id = "topic-" .. chat.id
  if command("HEXISTS", keys.sent(chat.customer, agent), chat.customer .. ":" .. id) == 1 then
    return nil -- the chat came back to an agent that has it
  end
  count(messages.open_between(chat.customer, agent), chat.customer)
  call.count("messages")
  local tail = '"id":"' .. id .. '",' .. chat.topic_tail
  local _, json = store(chat, chat.customer, agent, id, tail, except)
  return json
end

-- Takes a batch. Returns: for each message in order what acks it, or why it is refused.
call.register("post", {}, function(a)
  local results, stored = {}, 0
  for i, message in ipairs(a.messages) do
    local is_new
    results[i], is_new = post(message)
    if is_new then stored = stored + 1 end
  end
  if stored > 0 then call.count("messages", stored) end
  return { fact = "stored", results = results }
end)

-- Passes on that somebody writes; stores nothing. Refuses with: not_found.
call.register("typing", {}, function(a)
  local chat = messages.open_between(sides(a))
  if not chat then return call.refuse("not_found", "there is no open chat between you") end
  call.tell(a.to, { fact = "typing", chat = chat.id, sender = a.sender, to = a.to })
  return { fact = "done" }
end)

-- Writes: chat.read_by_*, which only grows. Refuses with: not_found.
call.register("read", { "allow-oom" }, function(a)
  local chat = messages.open_between(sides(a))
  if not chat then return call.refuse("not_found", "there is no open chat between you") end
  local field = "read_by_" .. a.role
  local seq = math.min(a.seq, tonumber(command("GET", keys.seq(a.sender, a.to)) or 0))
  if seq > tonumber(command("HGET", keys.chat(chat.id), field) or 0) then
    command("HSET", keys.chat(chat.id), field, seq)
    local fact = { fact = "read", chat = chat.id, sender = a.sender, to = a.to, seq = seq }
    call.tell(a.to, fact)
    call.tell(a.sender, fact, a.connection)
  end
  return { fact = "done" }
end)
