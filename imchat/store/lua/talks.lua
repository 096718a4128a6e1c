-- Storing messages: a batch of any conversations in one go. What is known of a conversation is
-- read once for all its messages in the batch and written once, as a command costs more than
-- what it does.

local talks = {}
local SENT_S = 86400
local PUT_OFF_MS = 3600000 -- how often the end of a counter is put off, at most

-- Of a chat, what storing needs and changes.
local COUNTED = { "agent", "pending_at", "first_reply_at", "messages_customer", "messages_agent",
  "responses", "response_ms", "seq_until" }

-- Returns: the customer and the agent of a message.
function talks.sides(sender, to, role)
  if role == "customer" then return sender, to end
  return to, sender
end

-- Reads: sent, open, chat. Returns: the messages of a batch by conversation, in order, each
-- conversation with its open chat, if it has one, and with what was acked before.
local function gather(batch)
  local found, by_sides, opens = {}, {}, {}
  for i, given in ipairs(batch) do
    local sender, to, role, id, tail, except = unpack(given)
    local customer, agent = talks.sides(sender, to, role)
    local name = customer .. ":" .. agent
    local talk = by_sides[name]
    if not talk then
      talk = { customer = customer, agent = agent, messages = {}, fields = {} }
      by_sides[name], found[#found + 1] = talk, talk
      opens[#opens + 1] = keys.open(customer)
    end
    local n = #talk.messages + 1
    talk.fields[n] = sender .. ":" .. id
    talk.messages[n] = { place = i, sender = sender, to = to, tail = tail, except = except }
  end
  opens = command("MGET", unpack(opens))
  for n, talk in ipairs(found) do
    talk.history, talk.seq, talk.sent = keys.conversation(talk.customer, talk.agent)
    talk.known = command("HMGET", talk.sent, unpack(talk.fields))
    talk.chat = opens[n] or nil
  end
  return found
end

-- Sorts out what was stored before, also by this batch. Returns: the messages that are new.
local function only_new(talk, results)
  local new, first = {}, {}
  for n, message in ipairs(talk.messages) do
    local field, known = talk.fields[n], talk.known[n]
    if known then
      local seq, chat, at = string.match(known, "^(%d+):(%d+):(%d+)$")
      results[message.place] = { tonumber(seq), chat, tonumber(at) }
    elseif first[field] then
      message.same_as = first[field].place
    else
      first[field] = message
      message.field = field
      new[#new + 1] = message
    end
  end
  return new
end

-- Counts for the reports: an agent's response time runs from the first customer message that
-- it leaves unanswered. Returns: how the fields of the chat that change are now.
local function counted(talk, chat, new)
  local pending_at, replied_at, customers, agents, responses, took_ms = unpack(chat, 2)
  local by_customer, answered = 0, 0
  local pending, waited_ms = tonumber(pending_at), 0
  for _, message in ipairs(new) do
    if message.sender == talk.customer then
      by_customer = by_customer + 1
      pending = pending or call.now
    elseif pending then
      answered, waited_ms, pending = answered + 1, waited_ms + call.now - pending, nil
    end
  end
  local by_agent = #new - by_customer
  local change = { "pending_at", pending or "" }
  local function set(name, value)
    change[#change + 1] = name
    change[#change + 1] = value
  end
  if by_customer > 0 then set("messages_customer", customers + by_customer) end
  if by_agent > 0 then
    set("messages_agent", agents + by_agent)
    if not replied_at then set("first_reply_at", call.now) end
  end
  if answered > 0 then
    set("responses", responses + answered)
    set("response_ms", took_ms + waited_ms)
  end
  return change
end

-- Writes: seq. Returns: the seq before the first of so many new messages; until when the counter
-- lives, if that was put off. It outlives every message that it numbers, by a day less the hour
-- in which it is not put off again, also one that was to live longer than those of now.
local function number(talk, count, kept_until)
  local last = command("INCRBY", talk.seq, count)
  local keep_s = call.settings.keep_s + SENT_S
  local till = call.now + keep_s * 1000
  if kept_until and till - kept_until < PUT_OFF_MS then return last - count end
  command("EXPIRE", talk.seq, keep_s, last == count and "NX" or "GT")
  return last - count, till
end

-- Writes: seq, history, sent, chat. `tail` is the end of a message's JSON, from the id on; only
-- what Lua knows is put before it.
local function store(talk, chat, new, results)
  local last, kept_until = number(talk, #new, tonumber(chat[8]))
  local history = { "EX", call.settings.keep_s, "FIELDS", #new }
  local sent = { "EX", SENT_S, "FIELDS", #new }
  local head = '{"v":1,"chat":"' .. talk.chat .. '","seq":'
  for n, message in ipairs(new) do
    local seq = last + n
    message.json = string.format('%s%d,"at":%d,"from":"%s","to":"%s",%s', head, seq, call.now,
      message.sender, message.to, message.tail)
    history[3 + 2 * n], history[4 + 2 * n] = seq, message.json
    sent[3 + 2 * n] = message.field
    sent[4 + 2 * n] = string.format("%d:%s:%d", seq, talk.chat, call.now)
    results[message.place] = { seq, talk.chat, call.now }
  end
  command("HSETEX", talk.history, unpack(history))
  command("HSETEX", talk.sent, unpack(sent))
  local change = counted(talk, chat, new)
  if kept_until then
    change[#change + 1] = "seq_until"
    change[#change + 1] = kept_until
  end
  command("HSET", keys.chat(talk.chat), unpack(change))
end

-- Stores what is new of a conversation, or refuses it. Returns: how many messages it stored.
local function take(talk, results)
  local new = only_new(talk, results)
  if #new == 0 then return 0 end
  local chat = talk.chat and command("HMGET", keys.chat(talk.chat), unpack(COUNTED))
  if chat and chat[1] == talk.agent then
    store(talk, chat, new, results)
    return #new
  end
  for _, message in ipairs(new) do
    results[message.place] = { 0, "", 0, "not_found",
      "there is no open chat between you and " .. message.to }
  end
  return 0
end

-- Writes: totals, and what `store` does. Stores a batch and tells who should hear, in order.
-- A message is sender, to, the sender's role, id, tail and the connection that it came over.
-- Returns: for each in order seq, chat and time of it, or why it is refused; the JSON of
-- those that were not stored before, by their place in the batch.
function talks.post(batch)
  local results, messages, stored = {}, {}, 0
  for _, talk in ipairs(gather(batch)) do
    stored = stored + take(talk, results)
    for _, message in ipairs(talk.messages) do
      messages[message.place] = message
      if message.same_as then results[message.place] = results[message.same_as] end
    end
  end
  if stored > 0 then call.count("messages", stored) end
  local new = {}
  for place, message in ipairs(messages) do
    if message.json then
      new[place] = message.json
      local fact = { fact = "posted", message = message.json }
      call.tell(message.to, fact)
      call.tell(message.sender, fact, message.except)
    end
  end
  return results, new
end
