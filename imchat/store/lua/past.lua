-- Reading what was, for the analyses: chats by their tickets, and what was said in them. A
-- call reads a small part and says where to go on, so that a site at work is not held up.

local CHATS_A_CALL = 50
local BYTES_A_CALL = 65536
local SEQS_AT_ONCE = 50
local FIELDS = { "customer", "customer_name", "agent", "agent_name", "desk", "state", "reason",
  "opened_at", "assigned_at", "closed_at", "score", "after_seq", "messages_customer",
  "messages_agent" }
local NUMBERS = { "opened_at", "assigned_at", "closed_at", "score" }

-- Reads: chat. Returns: what the analyses need of it, the seq after which it begins, and how
-- many messages it has; or nil.
local function chat_of(id)
  local values = command("HMGET", keys.chat(id), unpack(FIELDS))
  if not values[1] then return nil end
  local chat = { id = id, messages = {} }
  for i, name in ipairs(FIELDS) do
    if values[i] and values[i] ~= "" then chat[name] = values[i] end
  end
  local after = tonumber(chat.after_seq) or 0
  local count = (tonumber(chat.messages_customer) or 0) + (tonumber(chat.messages_agent) or 0)
  chat.after_seq, chat.messages_customer, chat.messages_agent = nil, nil, nil
  for _, name in ipairs(NUMBERS) do chat[name] = tonumber(chat[name]) end
  return chat, after, count
end

-- Reads: history. Puts into `messages` what is alive of the seqs from `first` to `last`, while
-- there are bytes left. Returns: the seq to go on from, and the bytes that are left.
local function read(history, first, last, messages, bytes)
  while first <= last and bytes > 0 do
    local seqs = {}
    for seq = first, math.min(last, first + SEQS_AT_ONCE - 1) do seqs[#seqs + 1] = seq end
    local found = command("HMGET", history, unpack(seqs))
    for i = 1, #seqs do
      if found[i] then
        messages[#messages + 1] = found[i]
        bytes = bytes - #found[i]
      end
    end
    first = first + #seqs
  end
  return first, bytes
end

local function is_wanted(chat, a)
  return chat.agent and (not a.agent or a.agent == chat.agent) and
    (not a.desk or a.desk == chat.desk)
end

-- Takes a place: the ticket to begin at, and how many seqs of its chat were read before; the
-- `agent` or `desk` whose messages alone are wanted. Messages are those with the last agent; a
-- transferred chat may bring some of the next chat between the two, which say so themselves.
-- Returns: past, with the place to go on from, or none after the last ticket.
call.register("past", { "no-writes" }, function(a)
  local last_ticket = tonumber(command("GET", keys.tickets()) or 0)
  local found, bytes = {}, BYTES_A_CALL
  local function told(ticket, skip)
    return { fact = "past", chats = found, last_ticket = last_ticket,
      next = ticket <= last_ticket and { ticket, skip } or nil }
  end
  for ticket = a.ticket, math.min(last_ticket, a.ticket + CHATS_A_CALL - 1) do
    if bytes <= 0 then return told(ticket, 0) end
    local chat, after, count = chat_of(string.format("%d", ticket))
    if chat then found[#found + 1] = chat end
    if chat and a.messages and is_wanted(chat, a) then
      local skip = ticket == a.ticket and a.skip or 0
      local final = math.min(after + count, talks.last_seq(chat.customer, chat.agent))
      local history = keys.history(chat.customer, chat.agent)
      local on
      on, bytes = read(history, after + skip + 1, final, chat.messages, bytes)
      if on <= final then return told(ticket, on - after - 1) end
    end
  end
  return told(a.ticket + CHATS_A_CALL, 0)
end)
