-- Reading what was, for the analyses: chats by their tickets, and what was said in them. A
-- call reads a small part and says where to go on, so that a site at work is not held up.

local CHATS_A_CALL = 50
local BYTES_A_CALL = 65536
local SEQS_AT_ONCE = 50
local FIELDS = { "customer", "customer_name", "agent", "agent_name", "desk", "state", "reason",
  "opened_at", "assigned_at", "closed_at", "score", "after_seq", "parts" }
local NUMBERS = { "opened_at", "assigned_at", "closed_at", "score", "after_seq" }

-- Reads: chat. Returns: what the analyses need of it, or nil.
local function chat_of(id)
  local values = command("HMGET", keys.chat(id), unpack(FIELDS))
  if not values[1] then return nil end
  local chat = { id = id, messages = {} }
  for i, name in ipairs(FIELDS) do
    if values[i] and values[i] ~= "" then chat[name] = values[i] end
  end
  for _, name in ipairs(NUMBERS) do chat[name] = tonumber(chat[name]) end
  return chat
end

-- Returns: for each agent that has or had the chat, in order: who, and after which seq of
-- their conversation the chat's messages begin, and with which they end.
local function parts_of(chat)
  local parts = {}
  for agent, after, final in string.gmatch(chat.parts or "", "(%S+):(%d+):(%d+)") do
    parts[#parts + 1] = { agent = agent, after = tonumber(after), final = tonumber(final) }
  end
  if chat.state == "active" then
    parts[#parts + 1] = { agent = chat.agent, after = chat.after_seq,
      final = talks.last_seq(chat.customer, chat.agent) }
  end
  return parts
end

-- Reads: history. Puts into `messages` what is alive of a part from its seq `first` on, while
-- there are bytes left. Returns: the seq to go on from, and the bytes that are left.
local function read_part(history, first, final, messages, bytes)
  while first <= final and bytes > 0 do
    local seqs = {}
    for seq = first, math.min(final, first + SEQS_AT_ONCE - 1) do seqs[#seqs + 1] = seq end
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

-- Reads a chat without so many of its seqs. Returns: how many were read up to where the bytes
-- were spent, or nil when it was read to its end, and the bytes that are left.
local function read(chat, skip, bytes)
  local passed = 0
  for _, part in ipairs(parts_of(chat)) do
    local length = part.final - part.after
    if passed + length > skip then
      local history = keys.history(chat.customer, part.agent)
      local first = part.after + 1 + math.max(0, skip - passed)
      local on
      on, bytes = read_part(history, first, part.final, chat.messages, bytes)
      if on <= part.final then return passed + on - part.after - 1, bytes end
    end
    passed = passed + length
  end
  return nil, bytes
end

local function is_wanted(chat, a)
  return a.messages and (not a.agent or a.agent == chat.agent) and
    (not a.desk or a.desk == chat.desk) and (not a.customer or a.customer == chat.customer)
end

-- Takes a place: the ticket to begin at, and how many seqs of its chat were read before; the
-- `agent`, `desk` or `customer` whose messages alone are wanted. Returns: past, with the place to go on
-- from, or none after the last ticket.
call.register("past", { "no-writes" }, function(a)
  local last_ticket = tonumber(command("GET", keys.tickets()) or 0)
  local found, bytes = {}, BYTES_A_CALL
  local function told(ticket, skip)
    return { fact = "past", chats = found, last_ticket = last_ticket,
      next = ticket <= last_ticket and { ticket, skip } or nil }
  end
  for ticket = a.ticket, math.min(last_ticket, a.ticket + CHATS_A_CALL - 1) do
    if bytes <= 0 then return told(ticket, 0) end
    local chat = chat_of(string.format("%d", ticket))
    found[#found + 1] = chat
    if chat and is_wanted(chat, a) then
      local on
      on, bytes = read(chat, ticket == a.ticket and a.skip or 0, bytes)
      if on then return told(ticket, on) end
    end
  end
  return told(a.ticket + CHATS_A_CALL, 0)
end)
