-- The life of a chat: waiting, active, closed.

local chats = {}

local NUMBERS = {
  "opened_at", "queued_at", "assigned_at", "first_reply_at", "closed_at", "pending_at",
  "wait_ms", "requeues", "messages_customer", "messages_agent", "responses", "response_ms",
  "read_by_customer", "read_by_agent", "after_seq", "transfers",
  "score",
}
local ENDED_S = 86400

-- Reads: chat, seq, queue. Returns: everything known of a chat, or nil.
function chats.facts(id)
  local fields = command("HGETALL", keys.chat(id))
  if #fields == 0 then return nil end
  local chat = { id = id }
  for i = 1, #fields, 2 do
    if fields[i + 1] ~= "" then chat[fields[i]] = fields[i + 1] end
  end
  for _, name in ipairs(NUMBERS) do chat[name] = tonumber(chat[name]) end
  chat.last_seq = chat.agent and talks.last_seq(chat.customer, chat.agent) or 0
  if chat.state == "waiting" then chat.position = queue.position(chat.desk, id) end
  return chat
end

-- Writes: chat. Changes fields of the chat, and of what is known of it; "" is nothing.
function chats.change(chat, ...)
  command("HSET", keys.chat(chat.id), ...)
  for i = 1, select("#", ...), 2 do
    local name, value = select(i, ...)
    chat[name] = value ~= "" and value or nil
  end
end

-- Returns: the fact that answers a request which opened this chat.
function chats.standing(chat)
  if chat.agent then return { fact = "assigned", chat = chat } end
  return { fact = "queued", chat = chat,
    eta_s = chat.position and queue.eta_s(chat.desk, chat.position) }
end

-- Returns: up to where the customer and the agent had read when the agent gave the chat away; all
-- that was said between them before this chat counts as read.
local function marks_of(chat, uid)
  local marks = chat["read:" .. uid] or ""
  local by_customer, by_agent = string.match(marks, "^(%d+):(%d+)$")
  return tonumber(by_customer) or chat.last_seq, tonumber(by_agent) or chat.last_seq
end

-- Makes the chat the agent's. Writes: queue, tier, agent, serving, chat, totals.
function chats.give(chat, uid, tier, reason)
  local agent = tiers.agent(uid)
  local stood, waited, is_first = tiers.stood(agent), call.now - chat.queued_at, not chat.assigned_at
  if chat.position then queue.served(chat) end
  tiers.leave(agent)
  command("SADD", keys.serving(uid), chat.id)
  agent.load = agent.load + 1
  tiers.enter(agent)
  chat.last_seq = talks.last_seq(chat.customer, uid)
  local by_customer, by_agent = marks_of(chat, uid)
  chats.change(chat, "state", "active", "agent", uid, "agent_name", agent.name,
    "assigned_at", call.now, "wait_ms", chat.wait_ms + waited,
    "pending_at", chat.pending_at and call.now or "", "seq_until", "",
    "read_by_customer", by_customer, "read_by_agent", by_agent, "after_seq", chat.last_seq)
  call.count("assigned")
  call.event("assigned", "chat", chat.id, "customer", chat.customer, "agent", uid,
    "desk", chat.desk, "tier", tier, "reason", reason, "requeues", chat.requeues,
    "waited", waited, "first", is_first and 1 or 0, "stood", stood)
end

-- Gives the chat to the agent. Writes: what `give` does, history. Tells both sides; the
-- connection `except` hears it as the reply, its topic with it.
function chats.assign(chat, uid, tier, reason, except)
  chats.give(chat, uid, tier, reason)
  local fact = { fact = "assigned", chat = chat }
  call.tell(uid, fact)
  call.tell(chat.customer, fact, except)
  if not chat.topic_tail then return fact end
  return { fact = "assigned", chat = chat, topic = messages.topic(chat, uid, except) }
end

-- Serves the lowest tickets of these desks until nobody waits whom somebody can take.
-- `reason` is what made a slot free, or made somebody wait beside a free one.
function chats.dispatch(desks, reason)
  while true do
    local first, desk, tier
    for _, candidate in ipairs(desks) do
      local ticket = queue.first(candidate)
      if ticket and (not first or ticket < first) then
        local current = tiers.current(candidate)
        if current then first, desk, tier = ticket, candidate, current end
      end
    end
    if not first then return end
    local chat = chats.facts(string.format("%d", first))
    chats.assign(chat, tiers.pick(desk, tier, chat.customer), tier, reason)
  end
end

-- Writes: ended. Who is away now finds what was said between the two, also of a chat unheard
-- of; and the staff finds which chats a customer had. Who was never served has no `peer`.
local function note_end(chat, uid, peer, keep_s)
  command("HSETEX", keys.ended(uid), "EX", keep_s, "FIELDS", 1, chat.id .. ":" .. peer,
    string.format("%d:%d", call.now, chat.after_seq or chat.last_seq))
end

-- Writes: chat. Of which seqs of whose conversation with the customer the chat consists, and up
-- to where both have read, for an agent who gets the chat back.
local function note_part(chat)
  local part = string.format("%s:%d:%d ", chat.agent, chat.after_seq,
    talks.last_seq(chat.customer, chat.agent))
  chats.change(chat, "parts", (chat.parts or "") .. part, "read:" .. chat.agent,
    string.format("%d:%d", chat.read_by_customer, chat.read_by_agent))
end

-- Takes an active chat from its agent, who moves to the end of the bucket below.
-- Writes: serving, tier, agent, chat, ended. Returns: the desks that have a slot more.
function chats.release(chat, reason)
  note_part(chat)
  note_end(chat, chat.agent, chat.customer, ENDED_S)
  note_end(chat, chat.customer, chat.agent, call.settings.keep_s)
  local agent = tiers.agent(chat.agent)
  tiers.leave(agent)
  command("SREM", keys.serving(agent.uid), chat.id)
  call.event("released", "chat", chat.id, "customer", chat.customer, "agent", agent.uid,
    "desk", chat.desk, "tier", agent.load, "reason", reason, "stood", tiers.stood(agent),
    "work", reports.work(chat), "answers", chat.answers or "")
  agent.load = agent.load - 1
  tiers.enter(agent)
  return agent.desks
end

-- Ends an open chat and serves who waited for the slot. Tells both sides but `except`.
function chats.finish(chat, by, reason, except)
  local desks, wait_ms = {}, chat.wait_ms
  if chat.state == "waiting" then
    wait_ms = wait_ms + call.now - chat.queued_at
    queue.leave(chat)
    call.count("abandoned")
    note_end(chat, chat.customer, "", call.settings.keep_s)
  else
    desks = chats.release(chat, reason)
  end
  command("DEL", keys.open(chat.customer))
  command("ZREM", keys.grace(), chat.customer) -- a customer is in grace for its chat alone
  chats.change(chat, "state", "closed", "closed_at", call.now, "by", by, "reason", reason,
    "wait_ms", wait_ms)
  command("EXPIRE", keys.chat(chat.id), call.settings.keep_s)
  call.count("closed")
  call.event("closed", "chat", chat.id, "customer", chat.customer, "agent", chat.agent or "",
    "desk", chat.desk, "by", by, "reason", reason, "waited", wait_ms,
    "first", chat.assigned_at and 0 or 1)
  local fact = { fact = "closed", chat = chat }
  call.tell(chat.customer, fact, except)
  if chat.agent then call.tell(chat.agent, fact, except) end
  chats.dispatch(desks, "closed")
  return fact
end
